// bb_storage on one disk, in FOLDER, on PORT: servers.py puts both in.
local folder = std.extVar('FOLDER');
local allow = { allow: {} };
// fresh: of an action cache, whose entries are written again, exactly one block takes new ones.
local storage(name, bytes, fresh) = {
  'local': {
    keyLocationMapOnBlockDevice: { file: { path: folder + '/' + name + '/keys', sizeBytes: 256 * 1024 * 1024 } },
    keyLocationMapMaximumGetAttempts: 16,
    keyLocationMapMaximumPutAttempts: 64,
    oldBlocks: 8,
    currentBlocks: 24,
    newBlocks: fresh,
    blocksOnBlockDevice: { source: { file: { path: folder + '/' + name + '/blocks', sizeBytes: bytes } }, spareBlocks: 3 },
  },
};
{
  grpcServers: [{ listenAddresses: ['127.0.0.1:' + std.extVar('PORT')], authenticationPolicy: allow }],
  maximumMessageSizeBytes: 16 * 1024 * 1024,
  contentAddressableStorage: {
    backend: storage('cas', 8 * 1024 * 1024 * 1024, 3),
    getAuthorizer: allow,
    putAuthorizer: allow,
    findMissingAuthorizer: allow,
  },
  actionCache: {
    backend: { completenessChecking: { backend: storage('ac', 1024 * 1024 * 1024, 1), maximumTotalTreeSizeBytes: 64 * 1024 * 1024 } },
    getAuthorizer: allow,
    putAuthorizer: allow,
  },
}
