/**
 * Whether a form asks for a password, a key or their like, whatever it calls them: who asks may want just that. So letters
 * of other alphabets that look like ours, digits in place of letters and signs that nobody sees count as what they look
 * like, and the usual words of some languages are known. What is missed is still shown as a tool's own words.
 */

const NAMES = new Set(
  'password passwd passphrase passcode passkey pwd pass secret token key apikey otp totp tan pin cvv cvc credential credentials mnemonic'.split(
    ' ',
  ),
);
const NAME_PART =
  /password|passphrase|secret|token|apikey|privatekey|onetimecode|verificationcode|seedphrase|creditcard|cardnumber/;

const WORDS = new RegExp(
  [
    'pass ?(?:words?|phrases?|codes?|keys?)|passwd|pwd|secrets?|credentials|mnemonic|otp|totp|2fa|mfa|cvv2?|cvc2?',
    '(?:api|access|private|recovery|license|signing|ssh|bearer|session) ?(?:keys?|tokens?|codes?)|auth tokens?',
    '(?:seed|recovery) (?:words?|phrases?)|(?:one ?time|verification|security|login|sms|authenticator) (?:codes?|pin)',
    '(?:your|card|bank) (?:pin|tan)|pin (?:code|number)|(?:credit|debit) ?cards?|card number',
    'passwort\\w*|kennwort\\w*|geheimzahl|zugangsdaten|contrasena|clave secreta|mot de passe|code secret|senha|wachtwoord',
    'parola|haslo|losenord|adgangskode|salasana|heslo|jelszo|sifre|пароль\\p{L}*|пароля|пароли|κωδικο[σς] προσβασησ?',
  ]
    .map((words) => `(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`)
    .concat('密码|密碼|口令|パスワード|暗証番号|비밀번호|كلمة المرور|סיסמה|पासवर्ड')
    .join('|'),
  'u',
);

const TWINS: Readonly<Record<string, string>> = {
  а: 'a',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  ѡ: 'w',
  α: 'a',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  ω: 'w',
  ı: 'i',
  ɑ: 'a',
  ł: 'l',
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}; // prettier-ignore

/** Of the name or title of a field. */
export function isNameOfSecret(name: string): boolean {
  return readingsOf(name.replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')).some((reading) => {
    const words = reading.split(' ');
    return words.some((word) => NAMES.has(word)) || NAME_PART.test(words.join('')) || WORDS.test(reading);
  });
}

/** Of what a form says in sentences, where a word such as `key` may mean anything. */
export function speaksOfSecret(text: string): boolean {
  return readingsOf(text).some((reading) => WORDS.test(reading));
}

/** As it is written, without accents, and as it looks; words, with single spaces between them. */
export function readingsOf(text: string): string[] {
  const written = text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase();
  const bare = written.normalize('NFD').replace(/\p{Mn}/gu, '');
  const alike = bare.replace(/./gsu, (sign) => TWINS[sign] ?? sign);
  return [written, bare, alike].map((one) => one.replace(/[^\p{L}\p{N}]+/gu, ' ').trim());
}
