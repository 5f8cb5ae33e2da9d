// Forms that carry a passkey's answer. Without this script, or where the browser knows no
// passkeys, they stay hidden and their page says why.

const knows = window.PublicKeyCredential?.parseCreationOptionsFromJSON
  && PublicKeyCredential.parseRequestOptionsFromJSON;

for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = !knows;
for (const part of document.querySelectorAll("[data-no-passkey]")) part.hidden = knows;

async function options(form) {
  if (!form.dataset.optionsAt) return JSON.parse(document.getElementById("options").textContent);
  const answer = await fetch(form.dataset.optionsAt, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The site answered ${answer.status}`);
  return answer.json();
}

async function created(form) {
  const { publicKey } = (await options(form)).creation_options;
  if (form.elements.passwordless.checked) {
    Object.assign(publicKey.authenticatorSelection, {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    });
  }
  return navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
  });
}

async function found(form) {
  const { publicKey } = (await options(form)).request_options;
  return navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
  });
}

function carry(form, credential) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector("[role=alert]:last-child");
    problem.textContent = "";
    try {
      form.elements.credential.value = JSON.stringify((await credential(form)).toJSON());
      form.submit();
    } catch (error) {
      problem.textContent = error.name === "InvalidStateError"
        ? "This device already has a passkey of yours."
        : "The passkey was not used. Try again, or log in another way.";
    }
  });
}

for (const form of document.querySelectorAll("[data-passkey-create]")) carry(form, created);
for (const form of document.querySelectorAll("[data-passkey-get]")) carry(form, found);
