/** Stands in for node-gyp-build in the bundle: the package's addon lies beside it, no directory is searched. */
module.exports = () => require('./netlink.node');
