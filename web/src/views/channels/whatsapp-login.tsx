/** WhatsApp's login: its code to scan as it is now, each new one in the place of the one before. */
import type { ChannelStatusView } from '@mobyclaw/protocol/channel';
import { t } from '../../texts.ts';
import { Countdown } from '../../ui/countdown.tsx';
import { act } from './actions.ts';
import { QrCode } from './qr-code.tsx';

export function WhatsAppLogin({ login, state }: Pick<ChannelStatusView, 'login' | 'state'>) {
  if (!login)
    return state === 'stopped' ? (
      <div class="actions">
        <button type="button" class="button" onClick={() => void act('/api/channels/whatsapp/login')}>
          {t.channels.logIn}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => void act('/api/channels/whatsapp/login', { anew: true })}
        >
          {t.channels.logInAnew}
        </button>
      </div>
    ) : null;
  const { qr, pairingCode, expiresAt } = login;
  return (
    <div class="login-code">
      {qr !== undefined && <QrCode text={qr} label={t.channels.qr} />}
      {pairingCode !== undefined && <output class="pairing-code">{pairingCode}</output>}
      <p class="quiet">{qr === undefined ? t.channels.typeCode : t.channels.scan}</p>
      <Countdown until={expiresAt} />
    </div>
  );
}
