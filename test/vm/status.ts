import type { MapDocument, StatusDocument } from '../../src/ipc/documents';
import { ask } from './daemon';
import type { Machine } from './machine';

/** The daemon's own status (`mpathctl status --json`). */
export const statusOf = async (machine: Machine): Promise<StatusDocument> =>
  JSON.parse(await ask(machine, 'mpathd status json')) as StatusDocument;

/** The daemon's maps with their staleness. */
export const mapDocuments = async (machine: Machine): Promise<MapDocument[]> => {
  const { maps } = JSON.parse(await ask(machine, 'mpathd maps json')) as { maps: MapDocument[] };
  return maps;
};
