// The projector: stays with the lot that the auctioneer calls. With none called it turns to the next lot, stays while the
// lot is bid on, turns to the lot that is; the space bar holds it.

const screen = document.querySelector("[data-next]");
const TURN_MS = 20_000; // a quiet lot is shown for so long
const CALM_MS = 6_000; // without a bid here, before another lot that is bid on takes the screen
const here = Number(screen?.dataset.lot);
let quietSince = Date.now();
let held = false;
let called = screen?.dataset.called ? here : null; // the lot that is called, if one is

if (screen) {
  document.addEventListener("kermesse:lot", ({ detail }) => {
    if (detail.called && detail.number !== here) turn(screen.dataset.lotAddress.replace("{}", detail.number));
    else if (detail.called) called = here;
    else if (detail.number === called) {
      called = null; // another may be called in the same breath: its line follows
      quietSince = Date.now();
    }
  });
  document.addEventListener("kermesse:bid", ({ detail }) => {
    if (detail.number === here) quietSince = Date.now();
    else if (!held && called === null && Date.now() - quietSince > CALM_MS) turn(screen.dataset.lotAddress.replace("{}", detail.number));
  });
  document.addEventListener("keydown", (event) => {
    if (called !== null) return;
    if (event.key === "ArrowRight") turn(screen.dataset.next);
    if (event.key === "ArrowLeft") turn(screen.dataset.previous);
    if (event.key !== " ") return;
    event.preventDefault();
    held = !held;
    quietSince = Date.now();
    screen.classList.toggle("held", held);
  });
  setInterval(() => {
    if (!held && called === null && Date.now() - quietSince > TURN_MS) turn(screen.dataset.next);
  }, 1000);
}

let turning = false;
function turn(address) {
  if (turning) return; // one way at a time
  turning = true;
  location.replace(address);
}
