/** What a view shows while it has nothing to show: that it loads, or what went wrong and how to go on. */
import { t } from '../texts.ts';

export function Problem({ text, onRetry }: { text: string; onRetry?: () => void }) {
  return (
    <p class="problem" role="alert">
      {text}{' '}
      {onRetry && (
        <button type="button" class="link" onClick={onRetry}>
          {t.retry}
        </button>
      )}
    </p>
  );
}

export function Loading() {
  return (
    <p class="quiet" aria-busy="true">
      {t.loading}
    </p>
  );
}
