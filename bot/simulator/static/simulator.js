// Keeps the newest message in view, empties the input after sending, and sends a file as soon as it is chosen.
(() => {
  const down = (root) => root.querySelectorAll(".screen").forEach((screen) => { screen.scrollTop = screen.scrollHeight; });
  addEventListener("DOMContentLoaded", () => down(document));
  addEventListener("htmx:afterSettle", () => down(document));
  addEventListener("htmx:afterRequest", (event) => {
    if (event.target.matches?.("form[data-clears]") && event.detail.successful) event.target.reset();
  });
  addEventListener("change", (event) => {
    if (event.target.matches?.("input[data-sends]") && event.target.files.length) event.target.form.requestSubmit();
  });
})();
