/** Replaces node-gyp-build in the bundle: the package's addon lies beside the bundle, so no folder is searched. */
module.exports = () => require('./netlink.node');
