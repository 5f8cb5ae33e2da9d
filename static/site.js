// On every page: the key / leads to the search field, as on many a site.

const field = document.getElementById("q");

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || writing) return;
  event.preventDefault();
  field.focus();
  field.select();
});
