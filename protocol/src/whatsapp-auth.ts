/** How the phone is linked, as the setting WHATSAPP_AUTH says it. */
import * as z from 'zod';

export const whatsappAuthSchema = z
  .string()
  .regex(/^(qr|\+?\d{6,15})?$/, 'write qr, or the number of the phone with country code, for a pairing code');
