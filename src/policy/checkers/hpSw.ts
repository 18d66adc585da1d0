/** The checker `hp_sw`: HP arrays of two controllers, of which one has the LUN and the other one only waits. */
import type { CheckedState } from '../../model/facts';
import { describeFailure } from '../../model/failure';
import { isHostError } from '../hostErrors';
import { askHpSw } from '../scsi/hpSw';
import type { Exchange } from '../scsi/exchange';
import { askPage } from '../scsi/inquiry';

const UNIT_SERIAL_NUMBER = 0x80;

const said = (state: CheckedState['state'], detail?: string): CheckedState => ({
  state,
  message: `hp_sw checker reports path is ${state}${detail === undefined ? '' : ` (${detail})`}`,
});

/** A path whose controller answers INQUIRY and has not the LUN is a ghost: it works after a switch of controllers. */
export function* checkByHpSw(name: string): Exchange<CheckedState> {
  const page = yield* askPage({ name, page: UNIT_SERIAL_NUMBER });
  if (!page.ok) {
    const { errno, code } = page.failure;
    // A check that could not be begun, or that this host had no means for, says nothing about the path.
    const isUnasked = errno === null ? code === 'REFUSED' : isHostError(errno);
    return said(isUnasked ? 'transitioning' : 'down', describeFailure(page.failure));
  }
  const role = yield* askHpSw();
  switch (role) {
    case 'active':
      return said('up');
    case 'standby':
      return said('ghost');
    case 'failed':
      return said('down', 'TEST UNIT READY failed');
  }
}
