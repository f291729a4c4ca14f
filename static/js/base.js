// Loaded in the head, before the first paint: the chosen theme, faces, dialogs, and pictures that open from the wall.
(() => {
  const QUICK_MS = 2000;
  const root = document.documentElement;
  const store = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
    set: (value) => { try { value ? localStorage.setItem("theme", value) : localStorage.removeItem("theme"); } catch { /* private window */ } } };
  const visit = { get: () => { try { return sessionStorage.getItem("faces"); } catch { return null; } },
    set: () => { try { sessionStorage.setItem("faces", "here"); } catch { /* private window */ } } };
  const apply = (theme) => { if (theme) root.dataset.theme = theme; else delete root.dataset.theme; };
  if (["light", "dark"].includes(store.get())) apply(store.get());

  // A page for poor networks shows stand-ins of the same measure first. It wears the house's faces at once when another page
  // has fetched them, else when it was whole quickly; on a slow line, or where data is spared, the stand-ins stay.
  const late = document.querySelector("style[data-late-faces]");
  if (late && visit.get()) late.media = "all";
  addEventListener("load", () => {
    if (late && (navigator.connection?.saveData || performance.now() > QUICK_MS)) return;
    if (late) late.media = "all";
    visit.set();
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const show = () => { button.querySelector("span").textContent = button.dataset[root.dataset.theme || "auto"]; };
      button.hidden = false;
      show();
      button.addEventListener("click", () => {
        const next = { light: "dark", dark: null }[root.dataset.theme ?? ""];
        apply(next === undefined ? "light" : next);
        store.set(root.dataset.theme);
        show();
      });
    }
    // On a phone the rail and rows of chips scroll sideways: show where one is.
    for (const here of innerWidth < 960 ? document.querySelectorAll(".rail [aria-current], .chips [aria-current]") : []) {
      const row = here.closest(".rail") ?? here.closest(".chips ul");
      row.scrollBy({ left: here.getBoundingClientRect().left - innerWidth / 3, behavior: "instant" });
    }
    // An error summary takes the focus, so that it is heard and seen first.
    document.querySelector(".notice[role=alert]")?.setAttribute("tabindex", "-1");
    document.querySelector(".notice[role=alert]")?.focus({ preventScroll: false });
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-dialog]");
    if (opener) { event.preventDefault(); document.getElementById(opener.dataset.dialog)?.showModal(); }
    if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();
  });

  // Between a gallery and a picture, the picture itself moves: named only for the time of the change.
  const pictureOf = (path) => document.querySelector("[data-hero] .hung")
    ?? [...document.querySelectorAll(".work, .card")].find((item) => item.querySelector(`a[href="${CSS.escape(path)}"]`))?.querySelector(".hung");
  const name = (url, transition) => {
    const hung = url && transition && pictureOf(new URL(url).pathname);
    if (!hung) return;
    hung.style.viewTransitionName = "hung";
    transition.finished.finally(() => { hung.style.viewTransitionName = ""; });
  };
  addEventListener("pageswap", (event) => name(event.activation?.entry?.url, event.viewTransition));
  addEventListener("pagereveal", (event) => name(window.navigation?.activation?.from?.url, event.viewTransition));
})();
