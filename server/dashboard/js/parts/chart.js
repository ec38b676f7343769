// Charts, by Apache ECharts on a canvas. The library comes when the first chart is to be drawn, behind the figures. Every
// chart is told in words to readers, and its amounts stand in a table beside or below it.

import { h } from '../dom.js';
import { grouped, length } from '../money.js';
import { colour } from '../theme.js';
import { t } from '../words.js';

/** @typedef {{ name: string, amounts: (string | null)[], kind?: 'bar' | 'line', colour?: string, stack?: string, axis?: 0 | 1, hidden?: boolean, colours?: (string | undefined)[] }} Series */
/** @typedef {{ label: string, names: string[], series: Series[], unit?: string, units?: string[], horizontal?: boolean, height?: 'low' | 'high', marks?: { at: string, name: string }[], told?: string[], open?: (place: number) => void }} Options */

/** The colours of series, by their names in the style sheet. */
const PALETTE = ['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-5', 'chart-6', 'chart-7'];

/** @type {Promise<any> | undefined} */
let library;

function load() {
  library ??= import(new URL('../../vendor/charts.mjs', import.meta.url).href).then((charts) => {
    charts.use([charts.BarChart, charts.LineChart, charts.GridComponent, charts.MarkLineComponent, charts.TooltipComponent, charts.CanvasRenderer]);
    return charts;
  });
  return library;
}

/** Charts that are on the page, drawn again when the theme changes. @type {Set<() => void>} */
const drawn = new Set();

export const redraw = () => drawn.forEach((draw) => draw());

/** A chart of bars and lines over names. @param {Options} options */
export function chart(options) {
  const canvas = h('div', { class: `chart ${options.height ?? ''}`, role: 'img', 'aria-label': options.label });
  const element = h('figure', {}, legend(options.series), canvas);
  void load().then((charts) => {
    /** @type {any} */
    let instance;
    const draw = () => {
      if (!canvas.isConnected) return forget();
      instance ??= start(charts, canvas, options);
      instance.setOption(settings(options), true);
    };
    const sized = new ResizeObserver(() => (canvas.isConnected ? (instance ? instance.resize() : draw()) : forget()));
    const forget = () => {
      drawn.delete(draw);
      sized.disconnect();
      instance?.dispose();
    };
    drawn.add(draw);
    sized.observe(canvas);
  }).catch(() => canvas.replaceWith(h('p', { class: 'empty', text: t('no_charts') })));
  return element;
}

/** @param {any} charts @param {HTMLElement} canvas @param {Options} options */
function start(charts, canvas, options) {
  const instance = charts.init(canvas, undefined, { renderer: 'canvas' });
  if (options.open) instance.getZr().on('click', (/** @type {any} */ event) => {
    const [x, y] = instance.convertFromPixel('grid', [event.offsetX, event.offsetY]);
    const place = Math.round(options.horizontal ? y : x);
    if (place >= 0 && place < options.names.length) options.open?.(place);
  });
  return instance;
}

/** Its own legend, in words that can be marked and read. @param {Series[]} series */
function legend(series) {
  const shown = series.filter((one) => one.name);
  if (shown.length < 2) return null;
  return h('ul', { class: 'legend' }, shown.map((one) => h('li', { class: one.colour ?? PALETTE[series.indexOf(one) % PALETTE.length] }, one.name)));
}

/** @param {Options} options */
function settings(options) {
  const text = { color: colour('muted'), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11 };
  const line = { lineStyle: { color: colour('line') } };
  const names = { type: 'category', data: options.names, axisLabel: { ...text, hideOverlap: true }, axisLine: line, axisTick: { show: false } };
  const amounts = [0, 1].slice(0, options.series.some((one) => one.axis === 1) ? 2 : 1).map((axis) => ({
    type: 'value', name: options.units?.[axis] ?? '', nameTextStyle: { ...text, align: axis === 0 ? 'left' : 'right' }, axisLabel: { ...text, hideOverlap: true, formatter: short }, splitNumber: 4, splitLine: axis === 0 ? line : { show: false },
  }));
  return {
    animation: false,
    grid: { left: 4, right: 8, top: options.units ? 28 : 12, bottom: 4, containLabel: true },
    tooltip: { trigger: 'axis', confine: true, axisPointer: { type: 'shadow' }, formatter: (/** @type {any} */ points) => tip(options, points), backgroundColor: colour('panel'), borderColor: colour('line'), textStyle: { color: colour('ink'), fontSize: 12 } },
    ...(options.horizontal ? { xAxis: amounts, yAxis: { ...names, inverse: true } } : { xAxis: names, yAxis: amounts }),
    series: options.series.map((one, place) => seriesOf(options, one, place)),
  };
}

/** @param {Options} options @param {Series} one @param {number} place */
function seriesOf(options, one, place) {
  const shade = one.hidden ? 'transparent' : colour(one.colour ?? PALETTE[place % PALETTE.length] ?? 'chart-1');
  const axis = options.horizontal ? { xAxisIndex: one.axis ?? 0 } : { yAxisIndex: one.axis ?? 0 };
  const data = one.amounts.map((amount, at) => ({ value: amount === null ? null : length(amount), ...(one.colours?.[at] ? { itemStyle: { color: colour(one.colours[at] ?? '') } } : {}) }));
  const marks = place === 0 && options.marks ? { markLine: { symbol: 'none', silent: true, lineStyle: { color: colour('ink'), type: 'dashed' }, label: { color: colour('ink'), formatter: '{b}' }, data: options.marks.map((mark) => ({ name: mark.name, xAxis: mark.at })) } } : {};
  if (one.kind === 'line') return { type: 'line', name: one.name, data, ...axis, ...marks, symbol: 'circle', symbolSize: 5, showSymbol: one.amounts.length < 40, lineStyle: { color: shade, width: 2 }, itemStyle: { color: shade } };
  return { type: 'bar', name: one.name, data, ...axis, ...marks, stack: one.stack, silent: one.hidden, barMaxWidth: 36, itemStyle: { color: shade, borderRadius: one.stack ? 0 : 2 } };
}

/** @param {Options} options @param {any[]} points */
function tip(options, points) {
  const place = points[0]?.dataIndex ?? 0;
  if (options.told) return h('div', {}, h('strong', { text: options.names[place] ?? '' }), h('div', { class: 'tip' }, h('b', { text: `${grouped(options.told[place] ?? '')} ${options.unit ?? ''}` })));
  const rows = options.series.filter((one) => one.name && one.amounts[place] !== null && one.amounts[place] !== undefined)
    .map((one) => h('div', { class: 'tip' }, h('span', { text: one.name }), h('b', { text: `${grouped(one.amounts[place] ?? '')} ${options.unit ?? ''}` })));
  return h('div', {}, h('strong', { text: options.names[place] ?? '' }), rows);
}

/** A number of an axis: 1 200 000 is 1.2M. @param {number} value */
function short(value) {
  const [size, letter] = Math.abs(value) >= 1e12 ? [1e12, 'T'] : Math.abs(value) >= 1e9 ? [1e9, 'B'] : Math.abs(value) >= 1e6 ? [1e6, 'M'] : Math.abs(value) >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${+(value / size).toFixed(2)}${letter}`;
}
