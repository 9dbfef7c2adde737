"use strict";
// What a video's name, a model or a card says is put in as text; HTML comes from this program alone.
const part = (id) => document.getElementById(id);
const show = (id, shown) => { part(id).hidden = !shown; };
const made = (name, text, classes) => {
  const one = document.createElement(name);
  if (text !== undefined) one.textContent = text;
  if (classes) one.className = classes;
  return one;
};
const EVERY = 500; // ms between two questions how far it is
let about = null, job = null, recorder = null;

function fail(text) {
  part("error").textContent = text;
  show("error", true);
  show("progress", false);
}

async function answer(response) {
  if (!response.ok) throw new Error(await response.text());
  return response;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The program does not answer: has it ended?");
  }
  return answer(response);
}

async function begin() {
  about = await (await ask("/about")).json();
  part("about").textContent = `Model ${about.model}: ${about.classes.join(", ")}. Nothing is sent anywhere else.`;
  part("limits").textContent = `at most ${about.megabytes} MiB and ${about.seconds} s`;
  part("file").accept = ["video/*", ...about.endings].join(",");
  part("card").innerHTML = about.card;
  const camera = Boolean(navigator.mediaDevices && window.MediaRecorder);
  show("camera", camera);
  show("nocamera", !camera);
}

// ---- sending

async function send(file, name) {
  show("error", false);
  show("result", false);
  if (!about.endings.includes(name.slice(name.lastIndexOf(".")).toLowerCase())) {
    fail(`${name} is no video by its name: .mp4, .mov, .avi, .webm and others are taken.`);
    return;
  }
  if (file.size > about.megabytes * 1024 * 1024) {
    fail(`${name} has ${(file.size / 1024 / 1024).toFixed(1)} MiB; at most ${about.megabytes} MiB are taken.`);
    return;
  }
  if (job) await forget();
  part("phase").textContent = "sending";
  part("bar").removeAttribute("value");
  show("progress", true);
  const kind = document.querySelector("input[name=kind]:checked").value;
  const query = new URLSearchParams({ kind, name, fps: part("fps").value });
  try {
    const told = await ask(`/jobs?${query}`, {
      method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" },
    });
    job = (await told.json()).id;
    await follow(job);
  } catch (error) {
    fail(error.message);
  }
}

async function follow(mine) {
  while (job === mine) {
    const now = await (await ask(`/jobs/${mine}`)).json();
    if (job !== mine) return;
    if (now.state === "failed") { fail(now.error); return; }
    if (now.state === "done") { await result(mine); return; }
    part("phase").textContent = now.state === "waiting" ? `waiting: ${now.before} before it` : now.phase;
    if (now.state === "running" && now.share > 0) part("bar").value = now.share;
    else part("bar").removeAttribute("value");
    await new Promise((ready) => setTimeout(ready, EVERY));
  }
}

async function forget() {
  const mine = job;
  job = null;
  part("video").removeAttribute("src");
  part("video").load();
  for (const id of ["progress", "result"]) show(id, false);
  if (mine) await fetch(`/jobs/${mine}`, { method: "DELETE" });
}

// ---- showing

async function result(mine) {
  const told = await (await ask(`/jobs/${mine}/result.json`)).json();
  part("name").textContent = told.video;
  const gone = Object.entries(told.without_face_s).map(([why, s]) => `${s.toFixed(1)} s ${why}`).join(", ");
  const found = told.intervals.length === 1 ? "1 expression" : `${told.intervals.length} expressions`;
  part("facts").textContent = `${told.frames} frames, ${told.seconds.toFixed(1)} s at ${+told.fps.toFixed(1)} a second. `
    + (told.kind === "spot" ? `${found} found. ` : "") + (gone ? `Without a face: ${gone}. ` : "")
    + (told.notes ? `Of the video: ${told.notes}.` : "");
  part("video").src = `/jobs/${mine}/annotated.webm`;
  part("timeline").innerHTML = await (await ask(`/jobs/${mine}/timeline`)).text();
  part("timeline").onclick = (event) => {
    const box = part("timeline").getBoundingClientRect();
    go((event.clientX - box.left) / box.width * told.seconds);
  };
  part("intervals").replaceChildren(...told.intervals.map((one, i) => interval(mine, one, i)));
  part("json").href = `/jobs/${mine}/result.json`;
  show("progress", false);
  show("result", true);
}

function go(seconds) {
  part("video").currentTime = Math.max(0, seconds);
}

function interval(mine, one, number) {
  const box = made("div", undefined, "one");
  const head = made("h3", one.status === "ok" ? `${one.class} ${one.probability.toFixed(2)}` : "The model abstains");
  head.append(made("span", { clip: "the whole clip", micro: "micro-expression", macro: "macro-expression" }[one.kind], `tag ${one.kind}`));
  box.append(head);
  // of a clip nobody has said where it is strongest: the middle stands in
  const apex = one.apex_source === "middle" ? "the middle" : "strongest";
  const where = one.kind === "clip" ? "" : `; ${one.region}, ${one.score.toFixed(2)} px`;
  box.append(made("small", `${one.onset_s.toFixed(2)} to ${one.offset_s.toFixed(2)} s, ${apex} at ${one.apex_s.toFixed(2)} s${where}`));
  const frames = made("div", undefined, "frames");
  for (const what of ["onset", "apex", "offset"]) {
    const figure = made("figure"), picture = made("img");
    picture.src = `/jobs/${mine}/${number}-${what}.jpg`;
    picture.alt = what;
    picture.onclick = () => go(one[`${what}_s`]);
    figure.append(picture, made("figcaption", what === "apex" && apex !== "strongest" ? "middle" : what));
    frames.append(figure);
  }
  box.append(frames);
  if (one.status !== "ok") {
    box.append(made("p", one.reason, "abstains"));
    return box;
  }
  const order = Object.entries(one.probabilities).sort((a, b) => b[1] - a[1]);
  for (const [name, share] of order) {
    const row = made("div", undefined, name === one.class ? "class called" : "class");
    const track = made("div", undefined, "track"), bar = made("div");
    bar.style.width = `${100 * share}%`;
    track.append(bar);
    row.append(made("span", name), track, made("span", share.toFixed(2)));
    box.append(row);
  }
  if (one.why) {
    const why = made("details"), picture = made("img", undefined, "why");
    picture.src = `/jobs/${mine}/${number}-why.png`;
    picture.alt = `what counted for ${one.class}: the apex, with each method's places`;
    why.open = true;
    const wide = made("div", undefined, "wide");  // on a phone it is moved to the side: its letters stay large enough
    wide.append(picture);
    why.append(made("summary", "Why: what counted for this class"), wide);
    box.append(why);
  }
  return box;
}

// ---- the camera

async function record() {
  show("error", false);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false, video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 60 } },
    });
  } catch (error) {
    fail(`The browser gives no camera: ${error.message}`);
    return;
  }
  const type = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/mp4"].find((one) => MediaRecorder.isTypeSupported(one));
  recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 8_000_000 });
  const chunks = [];
  let wanted = true;
  recorder.ondataavailable = (event) => chunks.push(event.data);
  recorder.onstop = () => {
    stream.getTracks().forEach((track) => track.stop());
    part("preview").srcObject = null;
    show("recording", false);
    show("camera", true);
    if (wanted) send(new Blob(chunks, { type }), type.startsWith("video/mp4") ? "recording.mp4" : "recording.webm");
  };
  part("discard").onclick = () => { wanted = false; recorder.stop(); };
  part("stop").onclick = () => recorder.stop();
  setTimeout(() => { if (recorder.state !== "inactive") recorder.stop(); }, about.seconds * 1000);
  part("preview").srcObject = stream;
  await part("preview").play();
  show("camera", false);
  show("recording", true);
  recorder.start();
}

// ---- what the page listens to

part("file").onchange = () => {
  const [file] = part("file").files;
  part("file").value = "";
  if (file) send(file, file.name);
};
part("drop").ondragover = (event) => { event.preventDefault(); part("drop").classList.add("over"); };
part("drop").ondragleave = () => part("drop").classList.remove("over");
part("drop").ondrop = (event) => {
  event.preventDefault();
  part("drop").classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) send(file, file.name);
};
part("send").onsubmit = (event) => event.preventDefault();
part("camera").onclick = record;
part("cancel").onclick = forget;
part("forget").onclick = forget;
begin().catch((error) => fail(error.message));
