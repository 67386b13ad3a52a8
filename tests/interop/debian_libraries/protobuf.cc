#include <google/protobuf/any.pb.h>
#include <google/protobuf/timestamp.pb.h>

int main() {
  google::protobuf::Timestamp time, back;
  time.set_seconds(42);
  google::protobuf::Any any;
  any.PackFrom(time);
  return any.UnpackTo(&back) && back.seconds() == 42 ? 0 : 1;
}
