import type { Surroundings } from '../../src/cli/runMpathctl';

/** For commands that ask nothing of this machine. */
export const noCheck: Pick<Surroundings, 'checkSystem' | 'wwidsSystem' | 'abandon'> = {
  checkSystem: () => {
    throw new Error('no check');
  },
  wwidsSystem: () => {
    throw new Error('no wwids');
  },
  abandon: () => {
    throw new Error('not abandoned');
  },
};
