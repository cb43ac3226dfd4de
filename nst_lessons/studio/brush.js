// Paint a mask on a photo. `alpha` holds one byte per pixel, row by row: 255 where it is painted.
const TINT = "rgb(230 159 0 / 55%)";
const UNDO = 20; // strokes that can be taken back
const WAIT = 300; // milliseconds without a movement, after which a stroke that goes on is sent
const LABEL = "Photo to paint on. Arrow keys move the brush, hold Shift to move far. Space paints or erases. " +
  "Square brackets change the size. E erases, P paints. Control Z takes back a stroke.";

function render({ model, el }) {
  const [width, height] = [model.get("width"), model.get("height")];
  const root = element("div", el, { className: "nst-brush" });
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the keys
  const tools = element("div", root, { className: "nst-tools" });
  const canvas = element("canvas", root, { width, height, tabIndex: 0 });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", LABEL);
  const said = element("div", root, { className: "nst-said" });
  said.setAttribute("aria-live", "polite");

  const paint = element("button", tools, { textContent: "Paint", type: "button" });
  const erase = element("button", tools, { textContent: "Erase", type: "button" });
  const back = element("button", tools, { textContent: "Undo", type: "button" });
  const clear = element("button", tools, { textContent: "Clear", type: "button" });
  const label = element("label", tools, { textContent: "size " });
  const size = element("input", label, { type: "range", min: 4, max: Math.round(width / 2), value: Math.round(width / 8) });

  const view = canvas.getContext("2d");
  const mask = new OffscreenCanvas(width, height);
  const pen = mask.getContext("2d", { willReadFrequently: true });
  const tint = new OffscreenCanvas(width, height);
  const photo = new Image();
  let past = [], erasing = false, drawing = false, shown = false, last = null, timer = null;
  let at = { x: width / 2, y: height / 2 };

  function draw() {
    const layer = tint.getContext("2d");
    layer.globalCompositeOperation = "copy";
    layer.drawImage(mask, 0, 0);
    layer.globalCompositeOperation = "source-in";
    layer.fillStyle = TINT;
    layer.fillRect(0, 0, width, height);
    view.clearRect(0, 0, width, height);
    if (photo.complete && photo.naturalWidth) view.drawImage(photo, 0, 0, width, height);
    view.drawImage(tint, 0, 0);
    if (!shown) return;
    for (const [colour, line] of [["white", 3], ["black", 1]]) { // seen on every photo
      view.beginPath();
      view.arc(at.x, at.y, size.value / 2, 0, 2 * Math.PI);
      view.lineWidth = line;
      view.strokeStyle = colour;
      view.stroke();
    }
  }

  function choose(toErase) {
    erasing = toErase;
    paint.setAttribute("aria-pressed", !erasing);
    erase.setAttribute("aria-pressed", erasing);
  }

  function send() {
    clearTimeout(timer);
    timer = null;
    const pixels = pen.getImageData(0, 0, width, height).data;
    const alpha = new Uint8Array(width * height);
    let painted = 0;
    for (let i = 0; i < alpha.length; i++) painted += (alpha[i] = pixels[4 * i + 3]) > 127;
    said.textContent = painted ? `${Math.max(1, Math.round((100 * painted) / alpha.length))}% painted` : "nothing painted yet";
    back.disabled = !past.length;
    clear.disabled = !painted;
    model.set("alpha", new DataView(alpha.buffer));
    model.save_changes();
  }

  function sendSoon() {
    clearTimeout(timer);
    timer = setTimeout(send, WAIT);
  }

  function remember() {
    past.push(pen.getImageData(0, 0, width, height));
    past = past.slice(-UNDO);
  }

  function line(from, to) {
    pen.globalCompositeOperation = erasing ? "destination-out" : "source-over";
    pen.lineCap = "round";
    pen.lineWidth = size.value;
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y + 0.01); // a line of no length would leave no dot
    pen.stroke();
  }

  function undo() {
    if (!past.length) return;
    pen.putImageData(past.pop(), 0, 0);
    draw();
    send();
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * width) / box.width, y: ((event.clientY - box.top) * height) / box.height };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || (erasing && clear.disabled)) return; // there is nothing to erase
    canvas.setPointerCapture(event.pointerId);
    remember();
    drawing = true;
    at = last = place(event);
    line(last, at);
    draw();
    sendSoon();
  });
  canvas.addEventListener("pointermove", (event) => {
    at = place(event);
    shown = true;
    if (drawing) {
      line(last, at);
      last = at;
      sendSoon();
    }
    draw();
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      if (drawing) send();
      drawing = false;
    });
  canvas.addEventListener("pointerleave", () => {
    shown = document.activeElement === canvas;
    draw();
  });
  for (const event of ["focus", "blur"])
    canvas.addEventListener(event, () => {
      shown = event === "focus";
      draw();
    });
  canvas.addEventListener("keydown", (event) => {
    const far = event.shiftKey ? 32 : 8;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (moves[event.key]) {
      const [x, y] = moves[event.key];
      at = { x: Math.min(width, Math.max(0, at.x + x)), y: Math.min(height, Math.max(0, at.y + y)) };
    } else if (event.key === " ") {
      remember();
      line(at, at);
      send();
    } else if (event.key === "[" || event.key === "]") size.value = +size.value + (event.key === "[" ? -8 : 8);
    else if (event.key === "e" || event.key === "p") choose(event.key === "e");
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
    draw();
  });
  paint.addEventListener("click", () => choose(false));
  erase.addEventListener("click", () => choose(true));
  back.addEventListener("click", undo);
  clear.addEventListener("click", () => {
    remember();
    pen.clearRect(0, 0, width, height);
    choose(false);
    draw();
    send();
  });

  function showPhoto() {
    URL.revokeObjectURL(photo.src);
    photo.src = URL.createObjectURL(new Blob([model.get("picture")], { type: "image/jpeg" }));
  }

  function take() { // a mask that was set in the kernel
    const alpha = model.get("alpha");
    const bytes = alpha ? new Uint8Array(alpha.buffer, alpha.byteOffset, alpha.byteLength) : [];
    const pixels = new ImageData(width, height);
    for (let i = 0; i < bytes.length; i++) pixels.data[4 * i + 3] = bytes[i];
    pen.putImageData(pixels, 0, 0);
    draw();
  }

  photo.addEventListener("load", draw);
  model.on("change:picture", showPhoto);
  model.on("msg:custom", take);
  choose(false);
  back.disabled = clear.disabled = true;
  showPhoto();
  take();
  return () => {
    clearTimeout(timer);
    URL.revokeObjectURL(photo.src);
    model.off("change:picture", showPhoto);
    model.off("msg:custom", take);
  };
}

export default { render };
