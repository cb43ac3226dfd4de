// What every browser side here builds its page with; browser.py puts it before each of them.
function element(name, parent, properties = {}) {
  const made = Object.assign(document.createElement(name), properties);
  parent.append(made);
  return made;
}

