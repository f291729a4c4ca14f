// Sends a folder picture by picture, so that a slow or refused one holds up no other. A file sent twice is recognised
// by the server: after an interruption the same folder may be chosen again. The form works without this.
const form = document.querySelector("form[data-upload]");
const input = form?.querySelector("input[type=file]");
const results = document.querySelector("[data-results]");

const send = async (file) => {
  const data = new FormData(form);
  data.set(input.name, file, file.name);
  const answer = await fetch(form.action, { method: "POST", body: data });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const pictures = page.querySelector("[data-artworks]");
  if (pictures) document.querySelector("[data-artworks]").replaceWith(pictures);
  return page.querySelector("[data-results] li") ?? line(file, (page.querySelector(".notice li") ?? page.querySelector("h1"))?.textContent);
};

const line = (file, words) => {
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("strong"), { textContent: file.name }), ` – ${words || form.dataset.failed}`);
  return item;
};

form?.addEventListener("submit", async (event) => {
  const files = [...input.files];
  if (!files.length) return;
  event.preventDefault();
  const [box, button] = [form.querySelector("[data-progress]"), form.querySelector("button")];
  const [bar, text] = [box.querySelector("progress"), box.querySelector("p")];
  box.hidden = false;
  button.disabled = true;
  results.replaceChildren();
  bar.max = files.length;
  for (const [index, file] of files.entries()) {
    bar.value = index;
    text.textContent = `${index + 1} / ${files.length}`;
    results.append(await send(file).catch(() => line(file)));
  }
  box.hidden = true;
  button.disabled = false;
  form.reset();
});
