// The buttons that copy a citation, a token or a link: without this script there are none, and the
// text is there.

const status = document.getElementById("copied");

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.textContent);
      status.textContent = "Copied";
    } catch {
      // Browsers let no page that came over plain http write there.
      getSelection().selectAllChildren(text);
      status.textContent = "Selected, but not copied: press Ctrl+C, or ⌘C";
    }
  });
}
