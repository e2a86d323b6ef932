// Draws a challenge from its JSON: works a captcha out by itself, asks for the code of a second factor. Tells the page that opened or
// framed this one, if its origin is allowed, and goes back to where the server said it may.

const id = location.pathname.split("/").at(-2);
const api = new URL(`../${id}`, location.href).pathname;
const back = new URLSearchParams(location.search).get("return"); // the server serves no page for one that it does not allow
const origins = document.querySelector('meta[name="countersign-origins"]').content.split(" ").filter(Boolean);
const find = (name) => document.getElementById(name);
const card = document.querySelector("main");
const [title, say, form, code, hint, again, time] = ["title", "say", "code-form", "code", "hint", "again", "time"].map(find);
const send = form.querySelector("button");

let deadline = 0;
let ticking = 0;
let workers = [];

const WORDS = {
  failed: ["That did not work", "Too many wrong answers. Please log in again."],
  expired: ["Time is up", "This step has expired. Please log in again."],
  passed: ["All done", "You can close this page and go on."],
  unknown: ["Nothing here", "This step is not known. Please log in again."],
};

function show(state, heading, text) {
  card.dataset.state = state;
  title.textContent = document.title = heading;
  say.textContent = text;
}

function end(word, state = "over") {
  clearInterval(ticking);
  stopWorkers();
  form.hidden = again.hidden = time.hidden = true;
  show(state, ...WORDS[word]);
}

function trouble(text) {
  stopWorkers();
  form.hidden = true;
  again.hidden = false;
  show("over", "Something is in the way", text);
  again.focus();
}

function stopWorkers() {
  for (const worker of workers) worker.terminate();
  workers = [];
}

async function call(path, body) {
  const options = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, { cache: "no-store", ...options });
  return { status: response.status, body: await response.json() };
}

function tick() {
  const left = Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
  if (left === 0) return end("expired");
  time.hidden = card.dataset.state !== "asking" || left > 120;
  time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`;
}

function solve(parameters) {
  const count = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));
  return new Promise((resolve, reject) => {
    workers = Array.from({ length: count }, (_, first) => {
      const worker = new Worker(new URL("../../pages/solver.js", location.href));
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
      worker.postMessage({ parameters, first, step: count });
      return worker;
    });
  }).finally(stopWorkers);
}

async function work(challenge) {
  if (!globalThis.crypto?.subtle) return trouble("This step needs a secure connection (https).");
  show("working", "One moment", challenge.prompt);
  const began = performance.now();
  const solution = await solve(challenge.parameters.parameters);
  const payload = { challenge: challenge.parameters, solution: { ...solution, time: Math.round(performance.now() - began) } };
  await answer(btoa(JSON.stringify(payload)));
}

function ask(challenge) {
  const { digits } = challenge.parameters;
  show("asking", "One more step", challenge.prompt);
  code.maxLength = digits + 2; // apps show a space in the middle
  form.hidden = send.disabled = code.disabled = false;
  form.onsubmit = (event) => {
    event.preventDefault();
    const typed = code.value.replace(/\s/g, "");
    if (!/^[0-9]+$/.test(typed) || typed.length !== digits) return complain(`The code has ${digits} digits.`);
    send.disabled = true;
    answer(typed).catch(() => trouble("The server can't be reached."));
  };
  code.focus();
}

function complain(text) {
  hint.textContent = text;
  code.setAttribute("aria-invalid", "true");
  send.disabled = false;
  code.select();
}

async function answer(text) {
  const { status, body } = await call(`${api}/answer`, { answer: text });
  if (body.passed) return passed(body.proof);
  if (status === 429 || status >= 500) return trouble("There is too much going on at the moment. Please try again a little later.");
  const state = body.state ?? { challenge_failed: "failed", challenge_expired: "expired", challenge_passed: "passed" }[body.code];
  if (state === "passed") return passed(null);
  if (state !== "pending") return end(state ?? "unknown");
  if (!form.hidden) return complain(body.attempts_left === 1 ? "That was not right. One try is left." : `That was not right. ${body.attempts_left} tries are left.`);
  return trouble("The check did not work out.");
}

function passed(proof) {
  end("passed", "passed");
  const message = { type: "countersign.challenge", challenge: id, passed: true, proof };
  for (const other of [window.opener, window.parent !== window ? window.parent : null]) {
    for (const origin of other ? origins : []) other.postMessage(message, origin);
  }
  if (!back) return;
  const to = new URL(back);
  to.searchParams.set("countersign_challenge", id);
  say.textContent = "Taking you back…";
  setTimeout(() => location.assign(to), 600);
}

async function start() {
  again.hidden = true;
  show("loading", "One more step", "Loading…");
  try {
    const { status, body } = await call(api);
    if (status === 404) return end("unknown");
    if (status !== 200) return trouble("There is too much going on at the moment. Please try again a little later.");
    if (body.state === "passed") return passed(null);
    if (body.state !== "pending") return end(body.state);
    deadline = body.expires_us / 1000;
    clearInterval(ticking);
    ticking = setInterval(tick, 1000);
    await (body.kind === "captcha" ? work(body) : ask(body));
  } catch {
    trouble("The server can't be reached.");
  }
}

again.onclick = start;
start();
