"use strict";
(() => {
  // Tables: a click on a column's heading sorts by it, a second click the other way round.
  const key = (row, column) => {
    const cell = row.cells[column];
    const datum = cell.querySelector("data");
    const text = cell.textContent.trim();
    const number = datum ? Number(datum.value === "inf" ? Infinity : datum.value) : NaN;
    return { number, text };
  };
  const compare = (a, b) => {
    const numbers = [Number.isNaN(a.number), Number.isNaN(b.number)];
    if (!numbers[0] && !numbers[1]) return a.number - b.number || 0;
    if (numbers[0] !== numbers[1]) return numbers[0] ? 1 : -1;
    return a.text.localeCompare(b.text, "en", { numeric: true });
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    if (body.rows.length < 2) continue;
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
        rows.sort((a, b) => (down ? -1 : 1) * compare(a.key, b.key));
        body.append(...rows.map((entry) => entry.row));
      });
    });
  }
  // Long tables: rows that do not hold all the words typed are hidden.
  for (const table of document.querySelectorAll("table.sortable")) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 12) continue;
    const label = document.createElement("label");
    label.className = "filter";
    const input = document.createElement("input");
    input.type = "search";
    const shown = document.createElement("output");
    label.append("Filter", input, shown);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(/\s+/);
      let count = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
        if (!row.hidden) count += 1;
      }
      shown.textContent = input.value.trim() ? `${count} of ${rows.length} rows` : "";
    });
    table.parentElement.before(label);
  }
  // Theme: automatic, light, dark. A page opened from a file may have no storage: then it forgets.
  const button = document.getElementById("theme");
  const names = ["automatic", "light", "dark"];
  const show = (name) => {
    if (name === "automatic") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    button.textContent = `Theme: ${name}`;
  };
  let theme = "automatic";
  try {
    const kept = localStorage.getItem("lohe-theme");
    if (names.includes(kept)) theme = kept;
  } catch { /* no storage */ }
  show(theme);
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = names[(names.indexOf(theme) + 1) % names.length];
    show(theme);
    try { localStorage.setItem("lohe-theme", theme); } catch { /* no storage */ }
  });
})();
