#include <Eigen/Dense>

int main() {
  Eigen::Matrix2d matrix;
  matrix << 1, 2, 3, 4;
  return matrix.determinant() < -1.9 ? 0 : 1;
}
