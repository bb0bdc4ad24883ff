/** Bars by day, drawn by a library that is loaded for it. The numbers are in the table below, for whoever does not see them. */
import type { DailyUsage } from '@mobyclaw/protocol/usage';
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { t } from '../../texts.ts';
import { dollars, tokensText } from './figures.ts';

const HEIGHT = 220;
const DARK = '(prefers-color-scheme: dark)';

type Measure = 'tokens' | 'cost';

export function DayChart({ items }: { items: DailyUsage['items'] }) {
  const hasCost = items.some(({ costUsd }) => costUsd > 0);
  const [chosen, setChosen] = useState<Measure | null>(null);
  const measure = chosen ?? (hasCost ? 'cost' : 'tokens');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    let chart: uPlot | null = null;
    let gone = false;
    const draw = async (): Promise<void> => {
      const { default: Plot } = await import('uplot');
      if (gone) return;
      chart?.destroy();
      chart = new Plot(options(Plot, current, measure), dataOf(items, measure), current);
    };
    const resize = new ResizeObserver(() => chart?.setSize({ width: current.clientWidth, height: HEIGHT }));
    const scheme = matchMedia(DARK);
    const redraw = (): void => void draw();
    redraw();
    resize.observe(current);
    scheme.addEventListener('change', redraw);
    return () => {
      gone = true;
      resize.disconnect();
      scheme.removeEventListener('change', redraw);
      chart?.destroy();
    };
  }, [items, measure]);
  return (
    <>
      {hasCost && (
        <fieldset class="measure">
          <legend class="unseen">{t.usage.show}</legend>
          {(['cost', 'tokens'] as const).map((one) => (
            <label key={one}>
              <input type="radio" name="measure" checked={measure === one} onChange={() => setChosen(one)} />{' '}
              {t.usage[one]}
            </label>
          ))}
        </fieldset>
      )}
      <div class="chart" ref={box} role="img" aria-label={t.usage.chart(t.usage[measure])} />
    </>
  );
}

function dataOf(items: DailyUsage['items'], measure: Measure): uPlot.AlignedData {
  return [
    items.map(({ day }) => Date.parse(`${day}T00:00:00`) / 1000),
    items.map(({ costUsd, inputTokens, outputTokens }) =>
      measure === 'cost' ? costUsd : inputTokens + outputTokens,
    ),
  ];
}

function options(Plot: typeof uPlot, box: HTMLElement, measure: Measure): uPlot.Options {
  const style = getComputedStyle(box);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--soft'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  const figure = measure === 'cost' ? dollars : tokensText;
  const bars = Plot.paths.bars?.({ size: [0.7, 40], radius: 0.2 });
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    series: [
      {},
      { fill: color('--accent'), width: 0, points: { show: false }, ...(bars && { paths: bars }) },
    ],
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, size: 64, values: (_plot, values) => values.map((value) => figure(value)) },
    ],
  };
}
