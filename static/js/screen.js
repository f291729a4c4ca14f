// The projector: turns to the next lot, stays while the lot is bid on, turns to the lot that is. The space bar holds it.

const screen = document.querySelector("[data-next]");
const TURN_MS = 20_000; // a quiet lot is shown for so long
const CALM_MS = 6_000; // without a bid here, before another lot that is bid on takes the screen
const here = Number(screen?.dataset.lot);
let quietSince = Date.now();
let held = false;

if (screen) {
  document.addEventListener("kermesse:bid", ({ detail }) => {
    if (detail.number === here) quietSince = Date.now();
    else if (!held && Date.now() - quietSince > CALM_MS) turn(screen.dataset.lotAddress.replace("{}", detail.number));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") turn(screen.dataset.next);
    if (event.key === "ArrowLeft") turn(screen.dataset.previous);
    if (event.key !== " ") return;
    event.preventDefault();
    held = !held;
    quietSince = Date.now();
    screen.classList.toggle("held", held);
  });
  setInterval(() => {
    if (!held && Date.now() - quietSince > TURN_MS) turn(screen.dataset.next);
  }, 1000);
}

function turn(address) {
  location.replace(address);
}
