// Send a file that is dropped anywhere on the chooser around this line of text.
function render({ model, el }) {
  element("div", el, { className: "nst-drop", textContent: "You can drop a picture here, too." });
  const area = () => el.closest(".nst-chooser") ?? el;

  function drag(event) {
    const over = event.composedPath().includes(area());
    area().classList.toggle("nst-over", over);
    if (!over) return;
    event.preventDefault(); // else the browser would leave this page and open the file
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
  }

  function leave(event) {
    if (!event.relatedTarget) area().classList.remove("nst-over"); // it left the window
  }

  async function drop(event) {
    drag(event);
    if (!area().classList.contains("nst-over")) return;
    area().classList.remove("nst-over");
    const files = [...event.dataTransfer.files];
    const message = { kind: "dropped", count: files.length, name: files[0]?.name, size: files[0]?.size };
    const data = [];
    try {
      if (files.length === 1 && message.size <= model.get("largest")) data.push(await files[0].arrayBuffer());
    } catch {
      message.count = 0; // a folder cannot be read
    }
    model.send(message, undefined, data);
  }

  const actions = { dragenter: drag, dragover: drag, dragleave: leave, drop };
  for (const [name, action] of Object.entries(actions)) document.addEventListener(name, action, true);
  return () => {
    for (const [name, action] of Object.entries(actions)) document.removeEventListener(name, action, true);
  };
}

export default { render };
