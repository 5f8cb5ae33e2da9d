// Dark colours of the API's reference, whose styles have them for a class: if the person chose them,
// or else if the system has them.
{
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const { theme } = root.dataset;
    root.classList.toggle("dark-mode", theme === "dark" || (theme !== "light" && system.matches));
  };
  system.addEventListener("change", show);
  new MutationObserver(show).observe(root, { attributeFilter: ["data-theme"] });
  show();
}

// What Swagger UI is given besides the address of the schema (digest/settings.py names it). Its own
// layout has a second main part, a second title, and a choice of servers, of which there is one:
// this one has the operations alone. Links within buttons cannot be reached, so there are none.
const referenceSettings = {
  deepLinking: false,
  layout: "OperationsAlone",
  syntaxHighlight: false,
  plugins: [
    ({ React: { createElement } }) => ({
      components: {
        OperationsAlone: ({ getComponent, specSelectors }) => {
          const part = (name) => createElement(getComponent(name, true), { key: name });
          const names = ["errors"];
          if (specSelectors.loadingStatus() === "success") names.push("AuthorizeBtnContainer", "operations");
          return createElement("div", { className: "swagger-ui" }, createElement(getComponent("SvgAssets")), names.map(part));
        },
      },
    }),
  ],
};

// What Swagger UI leaves without a name, or what no key can scroll
new MutationObserver(() => {
  const unnamed = (selector) => document.querySelectorAll(`#swagger-ui :is(${selector}):not([aria-label])`);
  for (const choice of unnamed("[data-param-name] select")) {
    choice.ariaLabel = choice.closest("[data-param-name]").dataset.paramName;
  }
  for (const choice of unnamed(".examples-select-element")) choice.ariaLabel = "Example";
  for (const text of unnamed(".body-param__text")) text.ariaLabel = "Body of the request";
  for (const button of unnamed(".close-modal")) button.ariaLabel = "Close";
  for (const table of unnamed(".responses-table")) table.ariaLabel = `Answers: ${table.id}`;
  for (const text of document.querySelectorAll("#swagger-ui pre:not([tabindex])")) text.tabIndex = 0;
}).observe(document.documentElement, { childList: true, subtree: true });
