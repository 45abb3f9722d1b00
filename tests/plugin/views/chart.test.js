/** The geometry of the charts. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { plain, views } = require("./window.js");

const { chart } = views().Syncd;
const size = { width: 100, height: 20, margin: 2 };

test("a figure's course is in the order of days, without those that do not tell it", () => {
  const figures = [
    { day: "2026-03-01", h_index: 17 },
    { day: "2026-01-01", h_index: 15 },
    { day: "2026-02-01", h_index: null },
    { day: "never", h_index: 3 },
  ];
  assert.deepEqual(plain(chart.course(figures, "h_index")), [
    { day: "2026-01-01", value: 15 },
    { day: "2026-03-01", value: 17 },
  ]);
});

test("a line reaches from margin to margin, its days at their true distance", () => {
  const course = [
    { day: "2026-01-01", value: 10 },
    { day: "2026-01-02", value: 20 },
    { day: "2026-01-05", value: 15 },
  ];
  assert.deepEqual(plain(chart.line(course, size)), [
    { x: 2, y: 18 },
    { x: 26, y: 2 },
    { x: 98, y: 10 },
  ]);
});

test("what never moved lies in the middle", () => {
  const course = [
    { day: "2026-01-01", value: 66 },
    { day: "2026-02-01", value: 66 },
  ];
  assert.deepEqual(plain(chart.line(course, size).map(({ y }) => y)), [10, 10]);
});

test("a year without papers keeps its place, and the tallest bar fills the height", () => {
  const bars = plain(chart.bars({ 2020: 2, 2022: 4 }, { width: 80, height: 40, most: 20 }));
  assert.deepEqual(
    bars.map(({ year, count, height }) => [year, count, height]),
    [
      [2020, 2, 20],
      [2021, 0, 0],
      [2022, 4, 40],
    ],
  );
  assert.deepEqual(
    bars.map(({ x }) => x),
    [0, 10, 20],
  );
});

test("of many years the latest are shown", () => {
  const bars = chart.bars({ 1950: 1, 2025: 3, 2026: 1 }, { width: 80, height: 40, most: 10 });
  assert.equal(bars.length, 10);
  assert.equal(bars[0].year, 2017);
});

test("no years, no bars", () => {
  assert.equal(chart.bars({ unknown: 3 }, { width: 80, height: 40, most: 10 }).length, 0);
});

test("the first, the last and the tallest bar have their year, where there is room", () => {
  const labelled = (years) => {
    const bars = chart.bars(years, { width: 80, height: 40, most: 20 });
    const { years: places, tallest } = chart.labels(bars, 20);
    return [places.map((place) => bars[place].year), bars[tallest].year];
  };
  assert.deepEqual(plain(labelled({ 2019: 1, 2022: 9, 2025: 2 })), [[2019, 2022, 2025], 2022]);
  assert.deepEqual(plain(labelled({ 2019: 1, 2020: 9, 2025: 2 })), [[2019, 2025], 2020]);
  assert.deepEqual(plain(labelled({ 2019: 5 })), [[2019], 2019]);
});
