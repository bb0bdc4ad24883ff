/** How to get in. */
import { loginProblem } from '../../data/login.ts';
import { t } from '../../texts.ts';

export function LoginView() {
  return (
    <main class="login">
      <img src="/icon.svg" alt="" width="72" height="72" />
      <h1>{t.login.title}</h1>
      {loginProblem.value !== null && (
        <p class="problem" role="alert">
          {loginProblem}
        </p>
      )}
      <p>{t.login.how}</p>
      <p>
        <code class="command">{t.login.command}</code>
      </p>
      <p>{t.login.after}</p>
      <p class="quiet">{t.login.elsewhere}</p>
    </main>
  );
}
