// Draws the curves of the page by Chart.js. Colours: those of Okabe and Ito, which the colour-blind
// can tell apart.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("curves").textContent);
  const colours = ["#0072b2", "#d55e00", "#009e73", "#a14d80", "#3d3d3d", "#b8860b"];
  const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
  // A line where a phase begins, and its name.
  const phases = {
    id: "phases",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales: { x } } = chart;
      ctx.save();
      ctx.font = "11px sans-serif";
      ctx.fillStyle = ctx.strokeStyle = "#8a94a3";
      data.phases.forEach((phase, i) => {
        const at = i === 0 ? area.left
          : (x.getPixelForValue(phase.start - 1) + x.getPixelForValue(phase.start)) / 2;
        ctx.fillText(phase.name, at + 4, area.top + 10);
        if (i === 0) return;
        ctx.setLineDash([3, 3]);
        ctx.beginPath();
        ctx.moveTo(at, area.top);
        ctx.lineTo(at, area.bottom);
        ctx.stroke();
      });
      ctx.restore();
    },
  };
  data.charts.forEach((chart, i) => {
    new Chart(document.getElementById("chart" + i), {
      type: "line",
      plugins: data.phases.length > 1 ? [phases] : [],
      data: {
        labels: data.labels,
        datasets: chart.series.map((series, k) => ({
          label: series.name,
          data: series.values,
          borderColor: colours[k % colours.length],
          backgroundColor: colours[k % colours.length],
          borderDash: dashes[k % dashes.length],
          borderWidth: 2,
          pointRadius: data.labels.length > 40 ? 0 : 2.5,
          spanGaps: false,
          tension: 0,
        })),
      },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        plugins: {
          legend: { position: "bottom", labels: { boxWidth: 24, boxHeight: 1, color: "#1c2430" } },
        },
        scales: {
          x: { ticks: { maxRotation: 0, autoSkip: true, color: "#5b6675" }, grid: { display: false } },
          y: {
            type: chart.log ? "logarithmic" : "linear",
            ticks: { color: "#5b6675", callback: (v) => (chart.percent ? v + " %" : Number(v.toPrecision(6))) },
          },
        },
      },
    });
  });
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
    Object.values(Chart.instances).forEach((chart) => chart.resize());
  });
})();
