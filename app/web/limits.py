"""Limits on how often one address may try. Kept in the memory of each process: a brake, not a wall. A hall
full of parents shares one address, so limits on signing in are wide; guessing is stopped by the code's own attempts."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", default_limits=[])
