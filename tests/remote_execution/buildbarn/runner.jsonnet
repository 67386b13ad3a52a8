// bb_runner: FOLDER is that of its worker.
{
  buildDirectoryPath: std.extVar('FOLDER') + '/build',
  grpcServers: [{ listenPaths: [std.extVar('FOLDER') + '/runner'], authenticationPolicy: { allow: {} } }],
}
