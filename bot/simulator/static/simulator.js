// Keeps the newest message in view, empties the input after sending, sends a file as soon as it is chosen, and keeps
// the keyboard in the phone when the button that it pressed is drawn anew.
(() => {
  const down = (root) => root.querySelectorAll(".screen").forEach((screen) => { screen.scrollTop = screen.scrollHeight; });
  addEventListener("DOMContentLoaded", () => down(document));
  addEventListener("htmx:afterSettle", () => down(document));
  addEventListener("htmx:afterRequest", (event) => {
    if (event.target.matches?.("form[data-clears]") && event.detail.successful) event.target.reset();
  });
  addEventListener("htmx:afterRequest", (event) => {
    document.querySelectorAll(".lost").forEach((note) => { note.hidden ||= event.detail.successful; });
    const post = event.detail.requestConfig?.verb === "post";
    const phone = event.target.closest?.(".phone");
    if (post && phone && !event.detail.successful) phone.querySelector(".lost").hidden = false;
  });
  let pressed = null; // the phone whose button the keyboard pressed last
  addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches?.(".options form")) {
      pressed = event.target.querySelector(":focus-visible") && event.target.closest(".phone");
    }
  });
  addEventListener("htmx:afterSettle", () => {
    if (pressed && document.activeElement === document.body) pressed.querySelector(".say input[name=text]").focus();
    pressed = null;
  });
  addEventListener("change", (event) => {
    if (event.target.matches?.("input[data-sends]") && event.target.files.length) event.target.form.requestSubmit();
  });
})();
