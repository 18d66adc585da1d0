/**
 * Sends one SCSI command with the built addon, to be run as root in the test guest:
 *
 *   node test/vm/probes/scsi.js '{"node":"/dev/sda","devt":"8:0","diskseq":1}' \
 *     '{"command":"000000000000","direction":"none","timeoutMs":20000}'
 *
 * Prints the addon's answer as JSON.
 */
const path = require('node:path');

const addon = require(path.join(__dirname, '../../../dist/mpathd.node'));
const [device, command] = process.argv.slice(2).map((text) => JSON.parse(text));

addon.scsiCommand(device, command).then(
  (answer) => console.log(JSON.stringify(answer)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
