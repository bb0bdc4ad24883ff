/**
 * Whether a remark beside HEARTBEAT_OK says no more than that there is nothing to say. Every word of it must be known here
 * and every sentence hold one that says "nothing"; if there is a figure or an unknown word, then the owner gets it,
 * because to read a needless remark costs him little, and to miss one may cost him a lot.
 */

/** Each says by itself that there is nothing, or that all is well or was looked at. */
const NOTHING = words(`
  no none nothing nil fine good well clear quiet calm ok okay normal nominal stable unchanged order date checked reviewed
  nichts nix kein keine keinen keinerlei gut ruhig unverändert ordnung normal geprüft stabil
  rien aucun aucune bien calme ras ordre normal inchangé vérifié
  nada ningún ninguna ninguno sin bien orden tranquilo normal revisado
  niente nulla nessun nessuna nessuno bene ordine tranquillo regola controllato
  nenhum nenhuma bem ordem tranquilo sem verificado
  niets geen goed rustig orde gecontroleerd
  nic brak żadnych dobrze porządku spokojnie bez
  ничего нет хорошо порядке спокойно без
  inget inga ingenting bra lugnt
`);

/** What stands around them. None of it tells of anything that has happened. */
const AROUND = words(`
  a all also am an and any anything are as at attention action alert alerts at be been before by change changes changed check
  checks checklist concern concerns current currently done due else everything events far finding findings for further
  has have heartbeat here i in is issue issues it item items just last looked looks message messages moment need needed needs
  new news notable noteworthy now of off on or otherwise out overdue owner pending point present problem problems remains
  report reports required requires right run running same see seems since so special still task tasks that the them there
  these things this time to today up update updates urgent user was were with worth you your
  aber aktuell aktuelles aktualisierungen alle alles anliegen anstehend auffälligkeiten aufgaben bei berichten besonderes bisher
  das der derzeit die dringendes dringend du ein einträge erledigen es fällig für gerade gibt hat habe heute ich im in ist
  jetzt melden meldungen mir momentan nach neue neuen neues neuigkeiten noch offen probleme punkte seit sich sind sonst tun
  und vorfälle wie vor zu zuletzt zum änderungen geändert
  à a actuellement au aujourd changement changements d de depuis dernière des du en est et faire fois hui il jour l la le les
  moment n nouveau nouveaux nouvelle nouvelles n'y par pour problème problèmes rapport signaler tout tous toute toutes va y
  ahora al cambios con de del el en es está este hay hoy la las lo los momento novedad novedades nuevo nueva pendiente pendientes
  por problemas que reportar informar todo todos última vez y
  adesso aggiornamenti c'è c ci da è di in il la le novità nuovo oggi per problemi segnalare sono tutto tutti va al del e
  agora alterações ao da de do e em está há hoje mudanças não nova novas novidade novidades novo o os para pendente relatar
  reportar tudo todos um uma
  aan alle alles bijzonders er het is in melden nieuws nieuwe nu op te updates vandaag wijzigingen zijn actie
  aktualizacji do jest nowego nowych na nie ma od teraz w wszystko zgłoszenia zmian
  в все всё для изменений не нового новостей обновлений по с сейчас сообщить
  allt att är det finns i nytt rapportera
`);

/** Where words are not set apart: longer ones first, so that none is cut by its beginning. */
const UNSPACED =
  /没有|沒有|目前|一切|正常|无|無|需要|报告|報告|新的|消息|更新|内容|內容|事项|事項|任何|变化|變化|暂|暫|新|的|特に|ありません|ございません|異常|なし|お知らせ|すべて|すること|する|こと|問題|変更|現在|新しい|です|ます|は|も|の|を|に|없습니다|없음|이상|새로운|소식|변경|사항|보고할|현재|모두|모든|정상|입니다|내용|것이|이|은|는/gu;
const UNSPACED_NOTHING = /没有|沒有|无|無|一切|正常|ありません|ございません|なし|없|정상/u;

export function isQuiet(remark: string): boolean {
  return remark
    .normalize('NFKC')
    .toLowerCase()
    .split(/[.!?;:。！？\n–—|]+|\s-\s/u)
    .every(isQuietSentence);
}

function isQuietSentence(sentence: string): boolean {
  const rest = sentence.replace(UNSPACED, ' ');
  const found = rest.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  if (found.length === 0 && rest === sentence) return true; // marks alone
  const known = found.every((word) => NOTHING.has(word) || AROUND.has(word));
  return known && (found.some((word) => NOTHING.has(word)) || UNSPACED_NOTHING.test(sentence));
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.normalize('NFKC').trim().split(/\s+/));
}
