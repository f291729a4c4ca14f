"""`make bench`: the figures that Kermesse promises, each beside a bare reference measured in the same run."""
