// Show the browser's camera beside the painted picture. One frame is on its way at a time, so none ever queues.
const SILENCE = 20_000; // milliseconds without an answer, after which the camera goes off
const CLIP = 10_000;
const REASONS = {
  NotAllowedError: "The browser may not use the camera: allow it for this page, then press Start.",
  NotFoundError: "There is no camera on this computer.",
  NotReadableError: "Another program is using the camera: close that one, then press Start.",
  OverconstrainedError: "The camera has no picture of a fitting size.",
  none: "This browser gives notebooks no camera. On your own computer, open the notebook at http://localhost.",
};

function render({ model, el }) {
  const root = element("div", el, { className: "nst-brush nst-camera" });
  const tools = element("div", root, { className: "nst-tools" });
  const [start, stop, photo, clip] = ["Start", "Stop", "Take a photo", "Record 10 seconds"].map((textContent) =>
    element("button", tools, { textContent, type: "button" }));
  const views = element("div", root, { className: "nst-views" });
  const video = element("video", views, { muted: true, playsInline: true });
  const canvas = element("canvas", views);
  video.setAttribute("aria-label", "The camera");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "The camera's picture, painted");
  const said = element("div", root, { className: "nst-said", textContent: "The camera is off. Frames go only to the Python that runs this notebook." });
  said.setAttribute("aria-live", "polite");

  const small = document.createElement("canvas");
  let stream = null, number = 0, waiting = null, keep = false, recording = 0, times = [];

  function show(text) {
    said.textContent = text;
  }

  function enable() {
    start.disabled = Boolean(stream);
    stop.disabled = photo.disabled = !stream;
    clip.disabled = !stream || recording > 0;
  }

  function off(text) {
    clearTimeout(waiting);
    for (const track of stream?.getTracks() ?? []) track.stop();
    if (recording) model.send({ kind: "recorded" });
    stream = video.srcObject = null;
    recording = 0;
    keep = false;
    enable();
    if (text) show(text);
  }

  async function on() {
    if (!navigator.mediaDevices?.getUserMedia) return show(REASONS.none);
    show("Waiting for the camera ...");
    start.disabled = true;
    try {
      const got = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, facingMode: "user" } });
      if (!root.isConnected) return got.getTracks().forEach((track) => track.stop());
      stream = got;
      stream.getVideoTracks()[0].addEventListener("ended", () => off("The camera was taken away: press Start when it is back."));
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      return off(REASONS[error.name] ?? `The camera does not start (${error.message}).`);
    }
    times = [];
    enable();
    send();
  }

  function send() { // the newest frame, as a JPEG
    if (!stream) return;
    const scale = model.get("size") / Math.max(video.videoWidth, video.videoHeight);
    small.width = Math.round(video.videoWidth * scale);
    small.height = Math.round(video.videoHeight * scale);
    small.getContext("2d").drawImage(video, 0, 0, small.width, small.height);
    small.toBlob(async (blob) => {
      const data = await blob.arrayBuffer();
      if (!stream) return;
      number += 1;
      model.send({ kind: "frame", number, keep, recording: recording > 0 }, undefined, [data]);
      keep = false;
      clearTimeout(waiting);
      waiting = setTimeout(() => off("The kernel does not answer, so the camera is off. Run this cell again."), SILENCE);
    }, "image/jpeg", 0.9);
  }

  async function received(message, buffers) {
    if (message.kind === "said") return show(message.text);
    if (message.number !== number || !stream) return;
    if (message.kind === "failed") return off(message.text);
    clearTimeout(waiting);
    const picture = await createImageBitmap(new Blob([buffers[0]], { type: "image/jpeg" }));
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d").drawImage(picture, 0, 0);
    const now = performance.now();
    times = [...times, now].slice(-20);
    if (recording && now - recording > CLIP) {
      recording = 0;
      model.send({ kind: "recorded" });
      enable();
    }
    if (times.length > 1) {
      const rate = ((times.length - 1) * 1000) / (now - times[0]);
      root.dataset.rate = rate.toFixed(2);
      const what = recording ? `recording, ${Math.ceil((CLIP - now + recording) / 1000)} s to go; ` : "";
      if (!message.told) show(`${what}${rate.toFixed(1)} frames a second`);
    }
    send();
  }

  start.addEventListener("click", on);
  stop.addEventListener("click", () => off("The camera is off."));
  photo.addEventListener("click", () => (keep = true));
  clip.addEventListener("click", () => {
    recording = performance.now();
    enable();
  });
  model.on("msg:custom", received);
  enable();
  return () => {
    off();
    model.off("msg:custom", received);
  };
}

export default { render };
