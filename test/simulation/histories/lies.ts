/** What wrong rules of udev's give to every disk as ID_SERIAL, and the map that then has this name. */
import { uuidOfWwid } from '../../../src/model/identity';

export const LIE = 'SAME_FOR_ALL';

export const MAP_OF_LIE = uuidOfWwid(LIE);
