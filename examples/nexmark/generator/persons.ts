import type { Person } from '../model.js';
import type { EventRandom } from './event-random.js';
import { firstPersonId, lastPerson } from './ids.js';
import { type Filler, text } from './strings.js';

const averageSize = 200;
const numbersSize = 8;
const states = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'] as const;
const cities = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
] as const;
const firstNames = [
  'Peter',
  'Paul',
  'Luke',
  'John',
  'Saul',
  'Vicky',
  'Kate',
  'Julie',
  'Sarah',
  'Deiter',
  'Walter',
] as const;
const lastNames = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'] as const;

export function makePerson(event: number, dateTime: number, random: EventRandom, filler: Filler): Person {
  const name = `${oneOf(random, firstNames)} ${oneOf(random, lastNames)}`;
  const emailAddress = `${text(random, 7)}@${text(random, 5)}.com`;
  const creditCard = [0, 0, 0, 0].map(() => String(random.below(10_000)).padStart(4, '0')).join(' ');
  const city = oneOf(random, cities);
  const state = oneOf(random, states);
  const size = numbersSize + [name, emailAddress, creditCard, city, state].join('').length;
  return {
    kind: 'person',
    id: lastPerson(event) + firstPersonId,
    name,
    emailAddress,
    creditCard,
    city,
    state,
    dateTime,
    extra: filler.extra(random, size, averageSize),
  };
}

const oneOf = (random: EventRandom, values: readonly string[]): string => values[random.below(values.length)] as string;
