// Making elements. Texts become text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} tag  such as "button" or "button.primary"
 * @param {Object<string, any>} [attributes]  `on...` are listeners, `class`, `style` (object or text), `data-testid`;
 *   true is an attribute without value; null, undefined and false leave it out; `value`, `checked` and `disabled` are properties
 * @param {...(Node | string | number | null | undefined | false | Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

/** The same for SVG elements. @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "indeterminate"]);

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || (value === false && !PROPERTIES.has(name))) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "class") element.setAttribute("class", [element.getAttribute("class"), value].filter(Boolean).join(" "));
    else if (name === "style" && typeof value === "object") setStyle(element, value);
    else if (PROPERTIES.has(name) && element instanceof HTMLElement) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function setStyle(element, style) {
  for (const [name, value] of Object.entries(style)) {
    if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.style[name] = value;
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Put other children in place of those a node has. */
export function replace(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}
