// An invitation counts as opened once somebody touches its page: what only fetches links never does.

const page = document.querySelector("[data-invitation]");
const signs = ["pointerdown", "keydown", "wheel", "touchmove"];

const tell = () => {
  for (const sign of signs) removeEventListener(sign, tell);
  const form = new FormData();
  form.set("csrf_token", document.querySelector("#answer input[name=csrf_token]").value);
  fetch(page.dataset.invitation, { method: "POST", body: form, keepalive: true }).catch(() => {});
};

if (page?.dataset.invitation) for (const sign of signs) addEventListener(sign, tell, { passive: true });
