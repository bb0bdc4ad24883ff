/** Words of which the worlds of the recall benchmark are made. Everything here was written for it. */
export const FIRST_NAMES =
  'Anna,Ben,Carla,David,Elif,Farid,Greta,Henrik,Ines,Jonas,Katja,Liam,Mara,Nils,Olga,Pedro,Ruth,Samir,Tessa,Viktor'.split(
    ',',
  );
export const LAST_NAMES =
  'Berg,Novak,Lindqvist,Okafor,Moreau,Haas,Santos,Kowalski,Ferrari,Demir,Walsh,Ito'.split(',');
export const CITIES =
  'Lisbon,Oslo,Ghent,Porto,Graz,Turku,Malmo,Leeds,Bologna,Gdansk,Nantes,Zagreb,Cork,Basel,Riga,Split'.split(
    ',',
  );
export const FIRMS =
  'a bakery,the harbour office,a print shop,the city museum,a solar company,the tram depot,a law firm,a toy maker,the hospital lab,a radio station'.split(
    ',',
  );
export const PETS = 'cat,dog,parrot,tortoise,rabbit,pony,hamster,goldfish'.split(',');
export const PET_NAMES =
  'Biscuit,Pixel,Mango,Captain,Noodle,Juno,Pepper,Waffle,Comet,Olive,Domino,Sparky,Truffle,Yoda'.split(',');
export const FOODS =
  'mushroom risotto,fish soup,lentil curry,plum dumplings,onion tart,pumpkin gnocchi,chicken pie,bean stew,apple strudel,spinach lasagne'.split(
    ',',
  );
export const ALLERGENS = 'peanuts,shellfish,penicillin,celery,kiwi,wasp stings,latex,sesame'.split(',');
export const THINGS =
  'bicycle,boat,laptop,camera,sofa,lawn mower,tent,piano,heater,washing machine,telescope,sewing machine'.split(
    ',',
  );
export const COLOURS = 'green,navy blue,yellow,dark red,turquoise,grey,orange,white'.split(',');
export const PLACES =
  'the blue tin in the pantry,the second drawer of the desk,the shed behind the bins,the glove box,a shoe box on the wardrobe,the locker at the station,the cellar shelf,the coat by the door'.split(
    ',',
  );
export const KEEPSAKES =
  'spare key,passport,insurance papers,will,router password,vaccination card,warranty slip,medal'.split(',');
export const HOBBIES =
  'rock climbing,beekeeping,choir,fencing,pottery,rowing,chess club,birdwatching,tango,woodwork'.split(',');
export const TOPICS =
  'the garden,the kitchen,the roof,the school play,the allotment,the choir concert,the tax return,the new fence,the car insurance,the summer fair'.split(
    ',',
  );
export const REMARKS =
  'it needs twice the money we thought,the colour is wrong,nobody has time before autumn,we should ask three firms first,the plan got a permit,half of it is done,it has to wait for dry weather,somebody else wants to pay for it'.split(
    ',',
  );
export const EVENTS =
  'dentist,opera,notary,eye doctor,flea market,swimming pool,zoo,embassy,blood bank,planetarium'.split(',');
export const PLANS =
  'weekend in the mountains,surprise party,trip to the coast,dinner for twelve,move to the bigger flat,course in first aid,charity run,reunion'.split(
    ',',
  );

/** Small talk, with slots: it uses the words of facts and holds none. */
export const SMALL_TALK = [
  'Good morning! Slept well?',
  'Not much, and you?',
  'The weather in {city} is awful this week.',
  'I am so tired today, two meetings and no lunch.',
  'Have you seen the film about {city}? I fell asleep.',
  'Somebody on the tram had a {pet} on his shoulder.',
  'I might cook {food} one day, no idea how.',
  'The {thing} in the shop window cost a fortune.',
  'Ha, that is what {name} would say.',
  'Let us talk about {topic} some other time.',
  'I read an article on {hobby}, quite dull.',
  'Can you pass me the recipe when you are home?',
  'Traffic was terrible, forty minutes for nothing.',
  'Remember to drink enough water.',
  'What a match yesterday!',
  'I need new shoes, {colour} ones maybe.',
  'Coffee at four?',
  'Sure, see you then.',
  'No worries, take your time.',
  'My phone was dead all day.',
  'The neighbours are renovating again, what a noise.',
  'Everybody talks about {city} now, I do not get it.',
  'Do we have milk?',
  'I will bring bread and cheese.',
  '{name} sent me a funny picture of a {pet}.',
  'Is there a doctor who picks up the phone at all?',
  'The queue at the {event} must be long in summer.',
  'Thanks, that helped a lot.',
  'I forgot what I wanted to say.',
  'Let me check and get back to you.',
  'They played that song about a {colour} {thing} again.',
  'Three people asked me for {food} at the canteen, we had none.',
  'Old papers everywhere, I should tidy up.',
  'I do not know where the days go.',
  'Happy Friday everybody!',
  'Keys, wallet, phone, all there for once.',
  'I would love to try {hobby}, if I had time.',
  'Who works on a Sunday, honestly?',
  '{name} moved the meeting, as always.',
  'It is somebody’s birthday at the office, there is cake.',
];
