"use strict";
for (const box of document.querySelectorAll(".filter input")) {
  const rows = [...box.closest("section").querySelectorAll("tbody tr")];
  const told = box.parentNode.querySelector("output");
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    told.textContent = wanted && `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  });
}
const key = (row, column) => {
  const text = row.children[column].textContent.trim();
  const number = parseFloat(text);
  return Number.isNaN(number) || column === 0 && !/^\d/.test(text) ? text : number;
};
const compare = (a, b) =>
  typeof a === typeof b ? (typeof a === "number" ? a - b : a.localeCompare(b)) : typeof a === "number" ? 1 : -1;
for (const button of document.querySelectorAll(".sortable th button"))
  button.addEventListener("click", () => {
    const head = button.closest("th"), body = head.closest("table").tBodies[0];
    const column = [...head.parentNode.children].indexOf(head);
    const down = head.getAttribute("aria-sort") !== "descending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map((row) => [key(row, column), row]);
    rows.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])));
    body.append(...rows.map((pair) => pair[1]));
  });
