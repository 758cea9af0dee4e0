// Settling, played: drag the start, or use the sliders, and follow the exact flow (T1).
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const TAU_END = 12, SECONDS = 6, RADIUS = 100, NAMED = 24;
  const make = (tag, attributes, parent) => {
    const element = tag === "svg" || parent instanceof SVGElement
      ? document.createElementNS(NS, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    parent?.append(element);
    return element;
  };
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  // x(t) for the drive along the first axis, with tau = |h| t; divided by cosh tau throughout.
  const flow = (start, tau) => {
    const c = start[0], tanh = Math.tanh(tau), sech = 1 / Math.cosh(tau);
    const below = 1 + c * tanh;
    if (below < 1e-12) return start;
    const point = start.map((value) => (value * sech) / below);
    point[0] = (c * sech + (1 - sech) * c + tanh) / below;
    const length = Math.hypot(...point);
    return point.map((value) => value / length);
  };
  // Right and up on the screen, and depth: the drive points up; a sphere is seen from a little above.
  const TILT = 0.45;
  const project = (x) => {
    if (x.length === 2) return [x[1], x[0], 1];
    const depth = x[2] * Math.cos(TILT) + x[0] * Math.sin(TILT);
    return [x[1], x[0] * Math.cos(TILT) - x[2] * Math.sin(TILT), depth];
  };
  const unproject = (right, up, k) => {
    const length = Math.hypot(right, up);
    if (k === 2) return length < 1e-6 ? [1, 0] : [up / length, right / length];
    const scale = length > 1 ? 1 / length : 1;
    const [r, u] = [right * scale, up * scale];
    const depth = Math.sqrt(Math.max(0, 1 - r * r - u * u));
    return [u * Math.cos(TILT) + depth * Math.sin(TILT), r, depth * Math.cos(TILT) - u * Math.sin(TILT)];
  };
  const place = (x) => { const [r, u] = project(x); return [RADIUS * r, -RADIUS * u]; };

  for (const view of document.querySelectorAll(".settling")) {
    const choices = JSON.parse(view.dataset.oscillators);
    const picture = make("svg", { viewBox: "-130 -130 260 260", role: "img", "aria-label": "The oscillator's place" }, view.querySelector(".place"));
    make("circle", { r: RADIUS, class: "rim" }, picture);
    const keys = make("g", {}, picture);
    const track = make("path", { class: "track" }, picture);
    const rest = make("path", { class: "rest", d: "M0-9L2.6-3 9-2.8 4 1.4 5.6 7.6 0 4-5.6 7.6-4 1.4-9-2.8-2.6-3Z" }, picture);
    const antipode = make("path", { class: "antipode", d: "M-6-6L6 6M6-6L-6 6" }, picture);
    const begin = make("circle", { r: 5, class: "begin" }, picture);
    const state = make("circle", { r: 8, class: "state" }, picture);
    const bars = make("svg", { viewBox: "0 0 320 132", role: "img", "aria-label": "Attention weights" }, view.querySelector(".weights"));
    const labels = make("g", {}, bars), rects = make("g", {}, bars);
    const [choose, angle, turn, time] = ["choose", "angle", "turn", "time"].map((name) => view.querySelector(`[name=${name}]`));
    const play = view.querySelector("button");
    const told = view.querySelector("output");
    choices.forEach((one, index) => choose.append(new Option(one.name, index)));
    choose.parentElement.hidden = choices.length < 2;
    let chosen, start, running = 0;

    const weights = (x) => {
      const raw = chosen.keys.map(([, ...r]) => Math.max(0, 1 + dot(r, x)) ** chosen.exponent);
      const sum = raw.reduce((a, b) => a + b, 0);
      return raw.map((value) => (sum > 0 ? value / sum : 0));
    };
    const show = () => {
      const tau = TAU_END * Number(time.value);
      const x = flow(start, tau);
      const [cx, cy] = place(x), [bx, by] = place(start);
      state.setAttribute("cx", cx); state.setAttribute("cy", cy);
      state.classList.toggle("behind", project(x)[2] < 0);
      begin.setAttribute("cx", bx); begin.setAttribute("cy", by);
      const path = [];
      for (let i = 0; i <= 60; i += 1) path.push(place(flow(start, (tau * i) / 60)).map((v) => v.toFixed(1)).join(" "));
      track.setAttribute("d", `M${path.join("L")}`);
      const cosine = Math.min(1, Math.max(-1, x[0]));
      const shares = weights(x);
      [...rects.children].forEach((bar, index) => {
        const height = 110 * shares[index] / Math.max(...shares, 1e-12);
        bar.setAttribute("y", 118 - height);
        bar.setAttribute("height", height);
        bar.firstChild.textContent = `key ${chosen.keys[index][0]}: ${(100 * shares[index]).toFixed(1)} %`;
      });
      const top = shares.indexOf(Math.max(...shares));
      told.textContent = `t = ${(tau / chosen.norm).toPrecision(3)}, `
        + `${(180 / Math.PI * Math.acos(cosine)).toFixed(1)}° from rest`
        + (shares.length ? `; most weight on key ${chosen.keys[top][0]}, ${(100 * shares[top]).toFixed(1)} %` : "");
    };
    const from_sliders = () => {
      const a = Number(angle.value) * Math.PI / 180, b = Number(turn.value) * Math.PI / 180;
      start = chosen.d === 3
        ? [Math.cos(a), Math.sin(a) * Math.cos(b), Math.sin(a) * Math.sin(b)]
        : [Math.cos(a), Math.sin(a)];
    };
    const to_sliders = () => {
      if (chosen.d === 3) {
        angle.value = 180 / Math.PI * Math.acos(Math.min(1, Math.max(-1, start[0])));
        turn.value = 180 / Math.PI * Math.atan2(start[2], start[1]);
      } else angle.value = 180 / Math.PI * Math.atan2(start[1], start[0]);
    };
    const pick = () => {
      chosen = choices[Number(choose.value)];
      turn.parentElement.hidden = chosen.d !== 3;
      angle.min = chosen.d === 3 ? 0 : -180;
      angle.value = 150; turn.value = 40; time.value = 0;
      const size = chosen.d === 3 ? 3 : 2;
      const up = Array(size).fill(0); up[0] = 1;
      const down = up.map((value) => -value);
      for (const [mark, point] of [[rest, up], [antipode, down]]) mark.setAttribute("transform", `translate(${place(point)})`);
      keys.replaceChildren();
      labels.replaceChildren();
      rects.replaceChildren();
      view.querySelector(".weights").hidden = !chosen.keys.length;
      const wide = 320 / Math.max(chosen.keys.length, 1);
      chosen.keys.forEach(([, ...r], index) => {
        const [x, y] = place(r);
        const behind = project(r)[2] < 0 ? " behind" : "";
        make("circle", { r: 3.5, cx: x, cy: y, class: `key${behind}` }, keys);
        const bar = make("rect", { x: index * wide + 0.1 * wide, width: 0.8 * wide, class: "weight" }, rects);
        make("title", {}, bar);
        if (chosen.keys.length <= NAMED) make("text", { x: (index + 0.5) * wide, y: 128 }, labels).textContent = chosen.keys[index][0];
      });
      from_sliders();
      show();
    };
    const stop = () => { cancelAnimationFrame(running); running = 0; play.textContent = "Play"; };
    play.addEventListener("click", () => {
      if (running) { stop(); return; }
      if (Number(time.value) >= 1) time.value = 0;
      const from = Number(time.value);
      let first;
      const step = (now) => {
        first ??= now;
        time.value = Math.min(1, from + (now - first) / 1000 / SECONDS);
        show();
        if (Number(time.value) < 1) running = requestAnimationFrame(step); else stop();
      };
      play.textContent = "Pause";
      running = requestAnimationFrame(step);
    });
    const drag = (event) => {
      const box = picture.getBoundingClientRect();
      const scale = 260 / box.width;
      const right = ((event.clientX - box.left) * scale - 130) / RADIUS;
      const up = (130 - (event.clientY - box.top) * scale) / RADIUS;
      start = unproject(right, up, chosen.d === 3 ? 3 : 2);
      time.value = 0;
      to_sliders();
      show();
    };
    picture.addEventListener("pointerdown", (event) => { stop(); picture.setPointerCapture(event.pointerId); drag(event); event.preventDefault(); });
    picture.addEventListener("pointermove", (event) => { if (picture.hasPointerCapture(event.pointerId)) drag(event); });
    for (const slider of [angle, turn]) slider.addEventListener("input", () => { stop(); time.value = 0; from_sliders(); show(); });
    time.addEventListener("input", () => { stop(); show(); });
    choose.addEventListener("change", () => { stop(); pick(); });
    view.hidden = false;
    pick();
  }
})();
