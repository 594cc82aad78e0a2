// A model of Max's module max-api, by its reference pages: what a script gets comes in lines of JSON, [selector, ...],
// and what it does leaves in such lines: ["outlet", ...], ["post", text, level], ["handlers", ...selectors].

const { createInterface } = require("node:readline");

const handlers = new Map();
const send = (...values) => process.stdout.write(`${JSON.stringify(values)}\n`);

exports.POST_LEVELS = { ERROR: "error", INFO: "info", WARN: "warn" };

exports.addHandlers = (added) => {
  for (const [selector, handler] of Object.entries(added)) handlers.set(selector, handler);
  send("handlers", ...handlers.keys());
};

exports.outlet = async (...values) => {
  const wrong = values.find((value) => !["string", "number"].includes(typeof value));
  if (wrong !== undefined) throw new TypeError(`atoms are numbers and strings; got ${wrong}`);
  send("outlet", ...values);
};

exports.post = async (...values) => {
  const level = Object.values(exports.POST_LEVELS).includes(values.at(-1)) ? values.pop() : "info";
  send("post", values.join(" "), level);
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const [selector, ...values] = JSON.parse(line);
  if (handlers.has(selector)) handlers.get(selector)(...values);
  else send("post", `no handler for ${selector}`, "error");
});
