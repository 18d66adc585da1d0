/**
 * Known facts of storage arrays: the settings that fit them if no file says otherwise. The facts come from the tables
 * and manuals of others. The entries stand in the order of the search: of the entries that match, the last one that
 * sets a keyword counts.
 */
import type { SettingValues } from './settings';

/** One kind of storage. Its patterns are extended regular expressions for the names that the device reports. */
export interface HardwareEntry {
  readonly vendor: string;
  readonly product: string;
  readonly values: Readonly<Partial<SettingValues>>;
  /** The source of the facts. */
  readonly source: string;
}

/** The built-in table of multipath-tools, as its `show config` prints it. */
const REFERENCE = 'multipath-tools 0.14.3';

/** How an entry compares with the output of multipath-tools 0.9.4 in Debian 12. */
const SAME = 'the same in 0.9.4';
const HANDLER = 'the same in 0.9.4, but for a hardware_handler: the kernel attaches it unasked now';
const CHANGED = 'otherwise in 0.9.4';
const NEW = 'not in 0.9.4';

function entry(vendor: string, product: string, values: Partial<SettingValues>, before: string = SAME): HardwareEntry {
  return { vendor, product, values, source: `${REFERENCE}; ${before}` };
}

/** Groups by their priority, with a failback to the best group as soon as it works. */
const BY_PRIORITY: Partial<SettingValues> = { path_grouping_policy: 'group_by_prio', failback: 'immediate' };

/** Asymmetric access that the device itself reports (SPC-3 target port groups). */
const ALUA: Partial<SettingValues> = { ...BY_PRIORITY, prio: 'alua' };

/** The redundant controllers of LSI and its successors. Their management LUN is not for data. */
const RDAC: Partial<SettingValues> = {
  ...BY_PRIORITY,
  product_blacklist: 'Universal Xport',
  path_checker: 'rdac',
  features: '2 pg_init_retries 50',
  prio: 'rdac',
  no_path_retry: 30,
};

export const HARDWARE_TABLE: readonly HardwareEntry[] = [
  entry('^NVME', '.*', { ...BY_PRIORITY, uid_attribute: 'ID_WWN', path_checker: 'none' }, NEW),
  entry('APPLE', 'Xserve RAID', { path_grouping_policy: 'multibus' }),
  entry(
    '3PARdata',
    'VV',
    { ...ALUA, no_path_retry: 18, fast_io_fail_tmo: 10, dev_loss_tmo: 'infinity', vpd_vendor: 'hp3par' },
    HANDLER,
  ),
  entry('NVME', 'HPE Alletra', { no_path_retry: 'queue' }),
  entry(
    'DEC',
    'HSG80',
    { path_grouping_policy: 'group_by_prio', path_checker: 'hp_sw', prio: 'hp_sw', no_path_retry: 'queue' },
    HANDLER,
  ),
  entry('HP', 'A6189A', { path_grouping_policy: 'multibus', no_path_retry: 12 }),
  entry(
    '(COMPAQ|HP)',
    '(MSA|HSV)1[01]0',
    {
      path_grouping_policy: 'group_by_prio',
      path_checker: 'hp_sw',
      prio: 'hp_sw',
      no_path_retry: 12,
    },
    HANDLER,
  ),
  entry('(COMPAQ|HP)', 'MSA VOLUME', { ...ALUA, no_path_retry: 12 }),
  entry('(COMPAQ|HP)', '(HSV1[01]1|HSV2[01]0|HSV3[046]0|HSV4[05]0)', { ...ALUA, no_path_retry: 12 }),
  entry('HP', '(MSA2[02]12fc|MSA2012i)', { path_grouping_policy: 'multibus', no_path_retry: 18 }),
  entry('HP', '(MSA2012sa|MSA23(12|24)(fc|i|sa)|MSA2000s VOLUME)', { ...ALUA, no_path_retry: 18 }),
  entry('(HP|HPE)', 'MSA [12]0[4567]0 (SAN|SAS|FC|iSCSI)', { ...ALUA, no_path_retry: 18 }, NEW),
  entry('HP', '(HSVX700|HSVX740)', { ...ALUA, no_path_retry: 12 }, HANDLER),
  entry('HP', 'LOGICAL VOLUME', { path_grouping_policy: 'multibus', no_path_retry: 12 }),
  entry('HP', '(P2000 G3 FC|P2000G3 FC/iSCSI|P2000 G3 SAS|P2000 G3 iSCSI)', { ...ALUA, no_path_retry: 18 }),
  entry('LEFTHAND', '(P4000|iSCSIDisk|FCDISK)', { ...ALUA, no_path_retry: 18 }),
  entry('Nimble', 'Server', { ...ALUA, no_path_retry: 'queue' }, HANDLER),
  entry('SGI', 'TP9100', { path_grouping_policy: 'multibus' }),
  entry('SGI', 'TP9[3457]00', RDAC, HANDLER),
  entry('SGI', 'IS', RDAC, HANDLER),
  entry('SGI', '^DD[46]A-', { ...ALUA, no_path_retry: 30 }),
  entry('DDN', 'SAN DataDirector', { path_grouping_policy: 'multibus' }),
  entry('DDN', '^EF3010', { path_grouping_policy: 'multibus', no_path_retry: 30 }),
  entry('DDN', '^(EF3015|S2A|SFA)', { ...ALUA, no_path_retry: 30 }),
  entry('NEXENTA', 'COMSTAR', { path_grouping_policy: 'group_by_serial', no_path_retry: 30 }),
  entry('TEGILE', '(ZEBI-(FC|ISCSI)|INTELLIFLASH)', { ...ALUA, no_path_retry: 10 }, HANDLER),
  entry('EMC', 'SYMMETRIX', { path_grouping_policy: 'multibus', no_path_retry: 6 }),
  entry('NVME', 'EMC PowerMax', { no_path_retry: 'queue' }),
  entry(
    '^DGC',
    '^(RAID|DISK|VRAID)',
    {
      ...BY_PRIORITY,
      product_blacklist: 'LUNZ',
      path_checker: 'emc_clariion',
      prio: 'emc',
      no_path_retry: 60,
      detect_checker: false,
    },
    HANDLER,
  ),
  entry('EMC', 'Invista', { product_blacklist: 'LUNZ', path_grouping_policy: 'multibus', no_path_retry: 5 }),
  entry('XtremIO', 'XtremApp', { path_grouping_policy: 'multibus' }),
  entry('COMPELNT', 'Compellent Vol', { ...BY_PRIORITY, no_path_retry: 'queue' }),
  entry('DELL', '^MD3', RDAC, HANDLER),
  entry('DellEMC', 'PowerStore', { ...ALUA, no_path_retry: 3, fast_io_fail_tmo: 15 }, HANDLER),
  entry('NVME', 'dellemc-powerstore', { no_path_retry: 3 }, NEW),
  entry('DellEMC', '^ME', ALUA, HANDLER),
  entry('EQLOGIC', '100E-00', { path_grouping_policy: 'multibus', no_path_retry: 30 }, NEW),
  entry('FSC', 'CentricStor', { path_grouping_policy: 'group_by_serial' }),
  entry('FUJITSU', 'ETERNUS_DX(H|L|M|400|8000)', { ...ALUA, no_path_retry: 10 }),
  entry('(EUROLOGC|EuroLogc)', 'FC2502', { path_grouping_policy: 'multibus' }),
  entry('FUJITSU', 'E[234]000', { ...ALUA, no_path_retry: 10 }),
  entry('FUJITSU', 'E[68]000', { path_grouping_policy: 'multibus', no_path_retry: 10 }),
  entry('FUJITSU', 'ETERNUS_AHB', RDAC, HANDLER),
  entry('(HITACHI|HP|HPE)', '^OPEN-', { ...BY_PRIORITY, no_path_retry: 10 }, CHANGED),
  entry('HITACHI', '^DF', { ...BY_PRIORITY, prio: 'hds', no_path_retry: 'queue' }),
  entry('HITACHI', '^DF600F', { path_grouping_policy: 'multibus' }),
  entry('HITACHI', 'Hi-SDS', { ...ALUA, path_checker: 'directio', no_path_retry: 6, detect_checker: false }, NEW),
  entry('NVME', 'HITACHI SVOS-RF-System', { no_path_retry: 'queue' }, NEW),
  entry('IBM', 'ProFibre 4000R', { path_grouping_policy: 'multibus' }),
  entry('IBM', '^1722-600', RDAC, HANDLER),
  entry('IBM', '^1724', RDAC, HANDLER),
  entry('IBM', '^1726', RDAC, HANDLER),
  entry('IBM', '^1742', RDAC, HANDLER),
  entry('IBM', '^1746', RDAC, HANDLER),
  entry('IBM', '^1813', RDAC, HANDLER),
  entry('IBM', '^1814', RDAC, HANDLER),
  entry('IBM', '^1815', RDAC, HANDLER),
  entry('IBM', '^1818', RDAC, HANDLER),
  entry('IBM', '^3526', RDAC, HANDLER),
  entry('IBM', '^(3542|3552)', RDAC, HANDLER),
  entry('IBM', '^2105', { path_grouping_policy: 'multibus', no_path_retry: 'queue' }),
  entry('IBM', '^1750500', { ...ALUA, no_path_retry: 'queue' }),
  entry('IBM', '^2107900', { ...BY_PRIORITY, no_path_retry: 'queue' }),
  entry('IBM', '^2145', { ...ALUA, no_path_retry: 'queue' }),
  entry('NVME', 'IBM[ ]+2145', { no_path_retry: 'queue' }),
  entry(
    'IBM',
    'S/390 DASD ECKD',
    {
      product_blacklist: 'S/390 DASD ECKD',
      path_grouping_policy: 'multibus',
      uid_attribute: 'ID_UID',
      path_checker: 'directio',
      no_path_retry: 'queue',
    },
    CHANGED,
  ),
  entry(
    'IBM',
    'S/390 DASD FBA',
    {
      product_blacklist: 'S/390 DASD FBA',
      path_grouping_policy: 'multibus',
      uid_attribute: 'ID_UID',
      path_checker: 'directio',
      no_path_retry: 'queue',
    },
    CHANGED,
  ),
  entry('IBM', '^IPR', { ...ALUA, no_path_retry: 'queue' }, HANDLER),
  entry('IBM', '1820N00', { ...ALUA, no_path_retry: 'queue' }),
  entry('(XIV|IBM)', '(NEXTRA|2810XIV)', {
    path_grouping_policy: 'group_by_prio',
    failback: 15,
    no_path_retry: 'queue',
  }),
  entry('(TMS|IBM)', '(RamSan|FlashSystem)', { path_grouping_policy: 'multibus' }),
  entry('NVME', 'FlashSystem', { no_path_retry: 'fail' }, NEW),
  entry('IBM', '^(DCS9900|2851)', { ...ALUA, no_path_retry: 30 }),
  entry('AIX', 'VDASD', { path_grouping_policy: 'multibus', no_path_retry: 60 }),
  entry('IBM', '3303[ ]+NVDISK', { no_path_retry: 60 }),
  entry('AIX', 'NVDISK', { ...ALUA, no_path_retry: 60 }, HANDLER),
  entry('LENOVO', 'DE_Series', RDAC, HANDLER),
  entry('NETAPP', 'LUN', {
    ...BY_PRIORITY,
    features: '2 pg_init_retries 50',
    prio: 'ontap',
    no_path_retry: 'queue',
    flush_on_last_del: 'always',
    dev_loss_tmo: 'infinity',
    user_friendly_names: false,
  }),
  entry('(NETAPP|LSI|ENGENIO)', 'INF-01-00', RDAC, HANDLER),
  entry('SolidFir', 'SSD SAN', { path_grouping_policy: 'multibus', no_path_retry: 24 }),
  entry('NVME', '^NetApp ONTAP Controller', { no_path_retry: 'queue' }),
  entry('NEC', 'DISK ARRAY', ALUA, HANDLER),
  entry('^Pillar', '^Axiom', ALUA),
  entry('^Oracle', '^Oracle FS', ALUA),
  entry('STK', 'BladeCtlr', RDAC, HANDLER),
  entry('STK', 'OPENstorage', RDAC, HANDLER),
  entry('STK', 'FLEXLINE 380', RDAC, HANDLER),
  entry('SUN', 'StorEdge 3', { path_grouping_policy: 'multibus' }),
  entry('SUN', 'STK6580_6780', RDAC, HANDLER),
  entry('SUN', 'CSM[12]00_R', RDAC, HANDLER),
  entry('SUN', 'LCSM100_[IEFS]', RDAC, HANDLER),
  entry('SUN', 'SUN_6180', RDAC, HANDLER),
  entry('SUN', 'ArrayStorage', RDAC, HANDLER),
  entry('SUN', '(Sun Storage|ZFS Storage|COMSTAR)', { ...ALUA, no_path_retry: 30 }),
  entry('PIVOT3', 'RAIGE VOLUME', { path_grouping_policy: 'multibus', no_path_retry: 'queue' }),
  entry('(NexGen|Pivot3)', '(TierStore|vSTAC)', { ...ALUA, no_path_retry: 'queue' }),
  entry('(Intel|INTEL)', 'Multi-Flex', { ...ALUA, product_blacklist: 'VTrak V-LUN', no_path_retry: 'queue' }, HANDLER),
  entry(
    '(LIO-ORG|SUSE)',
    '.*',
    { ...ALUA, path_checker: 'directio', no_path_retry: 12, detect_checker: false },
    CHANGED,
  ),
  entry('^SCST_', '.*', { ...ALUA, no_path_retry: 12 }, NEW),
  entry('DataCore', 'SANmelody', { ...ALUA, no_path_retry: 'queue' }),
  entry('DataCore', 'Virtual Disk', { ...ALUA, no_path_retry: 'queue' }),
  entry('PURE', 'FlashArray', { ...ALUA, fast_io_fail_tmo: 10, detect_prio: false }, CHANGED),
  entry('NVME', 'Pure Storage FlashArray', { no_path_retry: 10 }),
  entry(
    '^(HUAWEI|HUASY|HS)',
    '^(Dorado[25]|HVS8|S[23568]|V1[568]|VIS6000)',
    { ...BY_PRIORITY, no_path_retry: 15 },
    NEW,
  ),
  entry('^(HUAWEI|AnyStor|Marstor|NETPOSA|SanM|SUGON|UDsafe)', 'XSG1', { ...BY_PRIORITY, no_path_retry: 15 }, NEW),
  entry('NVME', 'Huawei-XSG1', { no_path_retry: 12 }, NEW),
  entry('KOVE', 'XPD', { path_grouping_policy: 'multibus' }),
  entry(
    'NFINIDAT',
    'InfiniBox',
    {
      ...ALUA,
      no_path_retry: 'queue',
      flush_on_last_del: 'always',
      fast_io_fail_tmo: 15,
      dev_loss_tmo: 'infinity',
      detect_prio: false,
    },
    CHANGED,
  ),
  entry('NVME', 'InfiniBox', { no_path_retry: 'queue' }, NEW),
  entry('KMNRIO', 'K2', { path_grouping_policy: 'multibus' }),
  entry('NEXSAN', 'NXS-B0', { ...ALUA, no_path_retry: 15 }),
  entry('NEXSAN', 'SATAB', { ...ALUA, no_path_retry: 15 }),
  entry('Nexsan', '(NestOS|NST5000)', { ...ALUA, no_path_retry: 30 }, HANDLER),
  entry('VIOLIN', 'SAN ARRAY$', { path_grouping_policy: 'group_by_serial', no_path_retry: 30 }),
  entry('VIOLIN', 'SAN ARRAY ALUA', { ...ALUA, no_path_retry: 30 }, HANDLER),
  entry('VIOLIN', 'CONCERTO ARRAY', { path_grouping_policy: 'multibus', no_path_retry: 30 }),
  entry('(XIOTECH|XIOtech)', 'ISE', { path_grouping_policy: 'multibus', no_path_retry: 12 }),
  entry('(XIOTECH|XIOtech)', 'IGLU DISK', { path_grouping_policy: 'multibus', no_path_retry: 30 }),
  entry('(XIOTECH|XIOtech)', 'Magnitude', { path_grouping_policy: 'multibus', no_path_retry: 30 }),
  entry('Vexata', 'VX', { path_grouping_policy: 'multibus', no_path_retry: 30 }),
  entry('Promise', 'VTrak', { ...ALUA, product_blacklist: 'VTrak V-LUN', no_path_retry: 30 }, HANDLER),
  entry('Promise', 'Vess', { ...ALUA, product_blacklist: 'Vess V-LUN', no_path_retry: 30 }, HANDLER),
  entry('^IFT', '.*', { ...ALUA, no_path_retry: 30 }),
  entry('DotHill', 'SANnet', { path_grouping_policy: 'multibus', no_path_retry: 30 }),
  entry('DotHill', 'R/Evo', { ...ALUA, no_path_retry: 30 }),
  entry('DotHill', '^DH', { ...ALUA, no_path_retry: 30 }),
  entry('SEAGATE', 'STJX', { ...ALUA, no_path_retry: 30 }, NEW),
  entry('SEAGATE', '^[456]', { ...ALUA, no_path_retry: 30 }, NEW),
  entry('AStor', 'NeoSapphire', { ...BY_PRIORITY, no_path_retry: 30 }, CHANGED),
  entry('INSPUR', 'MCS', ALUA),
  entry('MacroSAN', 'LU', { ...ALUA, no_path_retry: 30 }),
  entry('Quantum', '(StorNext QX|QXS)', { ...ALUA, product_blacklist: 'cvfsctl', no_path_retry: 18 }, NEW),
  entry('QUANTUM', '^(F|P|H)[24]', { ...ALUA, no_path_retry: 30 }, NEW),
  entry('QUANTUM', '^F1', { path_grouping_policy: 'group_by_serial', no_path_retry: 30 }, NEW),
  entry(
    'VSTORAGE',
    'VSTOR-DISK',
    {
      path_grouping_policy: 'group_by_node_name',
      features: '2 pg_init_retries 50',
      prio: 'alua',
      failback: 'immediate',
      no_path_retry: 'queue',
      flush_on_last_del: 'always',
      detect_prio: false,
    },
    NEW,
  ),
  entry('^Qsan', '.*', { ...BY_PRIORITY, prio_args: 'exclusive_pref_bit', no_path_retry: 30 }, NEW),
  entry('NVME', 'VASTData', { no_path_retry: 'queue' }, NEW),
];
