// Result<T>: a value, or the error an OpenAI client gets to see.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace repeater {

struct ApiError {
  int status = 400;
  std::string message{};
  std::string param{};  // field of the request that is wrong; "" = none
  std::string code{};   // "model_not_found"; "" = none
};

template <typename T>
class Result {
 public:
  Result(T value) : content_(std::move(value)) {}           // NOLINT: meant to be implicit
  Result(ApiError error) : content_(std::move(error)) {}    // NOLINT: meant to be implicit

  bool ok() const { return std::holds_alternative<T>(content_); }
  const T& value() const { return std::get<T>(content_); }
  const ApiError& error() const { return std::get<ApiError>(content_); }

 private:
  std::variant<T, ApiError> content_;
};

}  // namespace repeater
