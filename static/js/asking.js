// Questions that are asked only after another answer stay out of sight until it is given. The server decides anew.

const asked = [...document.querySelectorAll("[data-only-if]")];

const answers = (name) => {
  const controls = [...document.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  if (controls.some((control) => control.closest("[data-only-if]")?.hidden)) return [];
  return controls.flatMap((control) => {
    if (control.type === "checkbox" && control.value === "y") return [control.checked ? "yes" : "no"];
    if (control.type === "checkbox" || control.type === "radio") return control.checked ? [control.value] : [];
    return [control.value];
  });
};

const show = () => {
  for (const part of asked) part.hidden = !answers(part.dataset.onlyIf).includes(part.dataset.onlyValue);
};

for (const part of asked) part.querySelector("[data-asked-when]")?.classList.add("visually-hidden");
for (const form of new Set(asked.map((part) => part.closest("form")))) form?.addEventListener("change", show);
show();
