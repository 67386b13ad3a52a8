#include <sqlite3.h>

int main() {
  sqlite3* database = nullptr;
  if (sqlite3_open(":memory:", &database) != SQLITE_OK) return 1;
  const int result = sqlite3_exec(database, "create table t(a); insert into t values(1)", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  return result;
}
