// The auctioneer's page follows the called lot: auction.js keeps price and bids fresh, this the rest.

const root = document.querySelector("[data-called]");
const minimum = root.querySelector("[data-next-minimum]");
const LEAVING_MS = 5000;
let left = 0; // when this page began to leave: once is enough

document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) left = Date.now();
});

document.addEventListener("kermesse:lot", ({ detail: lot }) => {
  if (lot.number !== Number(root.dataset.called)) return;
  // Called elsewhere, frozen, or over: the page is made for another state.
  const moved = !lot.called || (lot.room_only ? "yes" : "no") !== root.dataset.roomOnly || lot.phase !== root.dataset.phase;
  if (moved) {
    if (Date.now() - left < LEAVING_MS) return;
    left = Date.now();
    return location.reload();
  }
  if (minimum.textContent !== lot.needed_text) minimum.textContent = lot.needed_text;
  const amount = root.querySelector("[data-floor] input[name=amount]");
  if (amount && amount.dataset.typed !== "yes" && !amount.closest(".wrong")) amount.value = String(lot.needed / 100);
});
