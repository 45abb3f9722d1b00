/**
 * The geometry of the two small charts: a figure over time, and papers by year.
 *
 * Pure numbers in, pure numbers out, in pixels; y grows downwards.
 */
Syncd.chart = {
  /**
   * The values that a figure of a profile had; days on which it was not told are left out.
   *
   * @param {Record<string, any>[]} figures as the daemon tells them
   * @param {string} name such as "h_index"
   * @returns {{day: string, value: number}[]} in the order of the days
   */
  course(figures, name) {
    return figures
      .filter((figure) => typeof figure[name] === "number" && !Number.isNaN(Date.parse(figure.day)))
      .map((figure) => ({ day: figure.day, value: figure[name] }))
      .sort((one, other) => Date.parse(one.day) - Date.parse(other.day));
  },

  /**
   * Where the points of a line lie: days at their true distance, the least value at the bottom.
   *
   * @param {{day: string, value: number}[]} course
   * @param {{width: number, height: number, margin: number}} size the margin keeps the line's ends whole
   * @returns {{x: number, y: number}[]} what never moved lies in the middle
   */
  line(course, { width, height, margin }) {
    const days = course.map(({ day }) => Date.parse(day));
    const values = course.map(({ value }) => value);
    const along = this._scale(Math.min(...days), Math.max(...days), margin, width - margin);
    const up = this._scale(Math.min(...values), Math.max(...values), height - margin, margin);
    return course.map(({ value }, index) => ({
      x: this._round(along(days[index])),
      y: this._round(up(value)),
    }));
  },

  /**
   * Where the bars of papers by year lie; a year without papers keeps its place.
   *
   * @param {Record<string, number>} years
   * @param {{width: number, height: number, most: number}} size the latest years are shown, `most` of them
   * @returns {{year: number, count: number, x: number, y: number, width: number, height: number}[]}
   */
  bars(years, { width, height, most }) {
    const known = Object.keys(years).map(Number).filter(Number.isInteger);
    if (!known.length) {
      return [];
    }
    const last = Math.max(...known);
    const first = Math.max(Math.min(...known), last - most + 1);
    const shown = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const counts = shown.map((year) => years[year] ?? 0);
    const tallest = Math.max(...counts, 1);
    // Few years would make bars as broad as the pane.
    const step = width / Math.max(shown.length, 8);
    return shown.map((year, index) => {
      const tall = this._round((counts[index] / tallest) * height);
      return {
        year,
        count: counts[index],
        x: this._round(index * step),
        y: this._round(height - tall),
        width: this._round(step * 0.75),
        height: tall,
      };
    });
  },

  /**
   * Which bars have their year written below: the first, the last and the tallest, where there is room for it.
   *
   * @param {{count: number, x: number}[]} bars
   * @param {number} room that a year takes up
   * @returns {{years: number[], tallest: number}} places among the bars
   */
  labels(bars, room) {
    const last = bars.length - 1;
    const tallest = bars.reduce((best, bar, place) => (bar.count > bars[best].count ? place : best), 0);
    const isFree = [0, last].every((end) => Math.abs(bars[end].x - bars[tallest].x) >= room);
    return { years: [...new Set([0, ...(isFree ? [tallest] : []), last])], tallest };
  },

  /**
   * @param {number} low
   * @param {number} high
   * @param {number} from
   * @param {number} to
   * @returns {(value: number) => number}
   */
  _scale(low, high, from, to) {
    return (value) => (high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from));
  },

  /** @param {number} value */
  _round(value) {
    return Math.round(value * 10) / 10;
  },
};
