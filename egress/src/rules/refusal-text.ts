/** What a program, and the model that reads its output, is told: what was refused, why, and how it is allowed. The first sentence stands alone. */

export type WhyNot =
  | 'model'
  | 'denied'
  | 'confined'
  | 'no-turn'
  | 'asked'
  | 'not-answered'
  | 'no'
  | 'too-many'
  | 'nobody';

/** @param target such as `example.com`, with its port where that is an unusual one */
export function refusalText(why: WhyNot, target: string): string {
  const byHand = byHandText(target);
  switch (why) {
    case 'model':
      return `${target} is not let through. Moby's owner has closed every way out but the one to the model (mode: model in egress.yaml). Go on without it.`;
    case 'denied':
      return `${target} is not let through. Moby's owner has denied it in egress.yaml. Go on without it, and do not try another way.`;
    case 'confined':
      return `${target} is not let through. Whoever this answer is for may reach nothing outside. Go on without it.`;
    case 'no-turn':
      return `${target} is not allowed. No rule in egress.yaml names it, and no answer is under way for which somebody could be asked. ${byHand}`;
    case 'asked':
      return `${target} is not allowed yet. Moby's owner is being asked, and what he allows counts at once: try again once he has answered, or go on without it and say so. ${byHand}`;
    case 'not-answered':
      return `${target} is not allowed yet. Moby's owner was asked and has not answered yet; what he allows later counts at once. Go on without it and say so. ${byHand}`;
    case 'no':
      return `${target} is not allowed. Moby's owner was asked and said no, which holds for this answer. Go on without it, and do not try another way.`;
    case 'too-many':
      return `${target} is not allowed. Moby's owner has been asked about too many hosts in this answer already, so this one is refused without asking. ${byHand}`;
    case 'nobody':
      return `${target} is not allowed. No rule in egress.yaml names it, and the gateway, which would ask Moby's owner, cannot be reached just now. ${byHand}`;
  }
}

/** @param beyond why a request is not among those that are, the end of a sentence */
export function limitsText(target: string, beyond: string): string {
  return `${target} is allowed in part: ${beyond}. ${byHandText(target)}`;
}

function byHandText(target: string): string {
  return `Moby's owner can allow it by \`./mobyclaw egress allow ${target}\`.`;
}
