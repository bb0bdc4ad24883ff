/** Words that the facts and events are made of; none is about anybody. */
export const NAMES =
  'Anna Boris Clara David Elena Farid Greta Hugo Irina Jonas Katya Luis Mara Nils Olga'.split(' ');
export const OBJECTS =
  'tea bicycle violin boat camera garden piano lamp sofa kite chess clock tent radio stove'.split(' ');
export const TRAITS = 'green old small blue heavy quiet'.split(' ');
export const PLACES = 'Oslo Rome Bonn Lyon Porto Riga Turin Vienna'.split(' ');
