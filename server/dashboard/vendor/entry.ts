// What the dashboard uses of Apache ECharts; `build.sh` beside it makes `charts.mjs` of this.
export { init, use } from 'echarts/core';
export { BarChart, LineChart } from 'echarts/charts';
export { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
export { CanvasRenderer } from 'echarts/renderers';
